// Reading QR codes with the camera inside the page, in browsers that can (BarcodeDetector). Elsewhere the device's own camera opens the link.

import { message } from "./page.js";
import { h } from "./dom.js";
import { say } from "./say.js";

export const canScan = () => "BarcodeDetector" in globalThis && !!navigator.mediaDevices?.getUserMedia;

// scanner returns an element with a button that starts the camera; found(text) is told of each code that is seen, and returns true when no
// more is wanted.
export function scanner(found) {
	if (!canScan()) return null;
	const video = h("video", { muted: true, playsinline: true, hidden: true, "aria-label": say("booth-scan.picture") });
	const wrong = message();
	let stream = null;
	const stop = () => {
		stream?.getTracks().forEach((t) => t.stop());
		stream = null;
		video.hidden = true;
		toggle.textContent = say("booth-scan.start");
	};
	const toggle = h("button", { type: "button" }, say("booth-scan.start"));
	toggle.addEventListener("click", async () => {
		if (stream) return stop();
		wrong.say("");
		try {
			stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
		} catch {
			return wrong.say(say("booth-scan.refused"));
		}
		video.srcObject = stream;
		video.hidden = false;
		toggle.textContent = say("booth-scan.stop");
		await video.play();
		const detector = new BarcodeDetector({ formats: ["qr_code"] });
		let last = "";
		while (stream && video.isConnected) {
			for (const code of await detector.detect(video).catch(() => [])) {
				if (code.rawValue === last) continue;
				last = code.rawValue;
				if (await found(last)) return stop();
			}
			await new Promise((r) => setTimeout(r, 150));
		}
		stop();
	});
	return h("div", { class: "scanner" }, toggle, video, wrong.element);
}
