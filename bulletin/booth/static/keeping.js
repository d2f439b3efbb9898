// How a member keeps a card: as a file, on paper, as a QR code, or as 24 words.

import { announce, button, details, p } from "./page.js";
import { h, picture, save } from "./dom.js";
import { say } from "./say.js";

// keeping returns { element, done() } for a card {file, words, qr}. done() says whether the member has done one of the things that keep it.
// `about` is whose card it is and for what, which stands on paper. then() is called when it is done.
export function keeping(card, about, then = () => {}) {
	let kept = false;
	const mark = h("p", { class: "kept", role: "status" });
	const did = (key) => {
		kept = true;
		mark.textContent = "✓ " + say(key);
		then();
	};
	const words = h("ol", { class: "mnemonic", translate: "no", lang: "en" }, card.words.map((w) => h("li", {}, w)));
	const shown = (summary, key, ...children) => {
		const d = details(summary, ...children);
		d.addEventListener("toggle", () => { if (d.open) did(key); });
		return d;
	};
	const element = h("div", { class: "keeping" },
		h("div", { class: "actions" },
			button(say("booth-keep.file"), () => {
				save("voter-card.txt", card.file);
				did("booth-keep.did-file");
				announce(say("booth.saved"));
			}, { class: "primary" }),
			button(say("booth-keep.print"), () => {
				did("booth-keep.did-print");
				print();
			})),
		mark,
		shown(say("booth-keep.words"), "booth-keep.did-words", p(say("booth-keep.words-text")), words),
		card.qr ? shown(say("booth-keep.qr"), "booth-keep.did-qr", p(say("booth-keep.qr-text")), picture(card.qr, say("booth-keep.qr-alt"))) : null,
		h("section", { class: "paper", "aria-hidden": "true" },
			h("h2", {}, say("booth-keep.paper")), about.map((line) => p(line)), p(say("booth-keep.paper-text")), words.cloneNode(true), card.qr ? picture(card.qr, "") : null));
	return { element, done: () => kept };
}
