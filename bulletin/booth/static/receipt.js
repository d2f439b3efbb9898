// The page on which any device checks a receipt: a file, a pasted text, the words, or a link from a QR code.

import * as page from "./page.js";
import { actions, board, button, details, fail, given, link, message, notice, p, path, primary, show, standing, words } from "./page.js";
import { fresh, h } from "./dom.js";
import { scanner } from "./scanning.js";
import { say } from "./say.js";

let booth;

page.begin(async (b) => {
	booth = b;
	standing("none");
	const r = given.get("receipt");
	return r ? judge({ text: decoded(r) }) : begin();
});

function decoded(text) {
	try {
		return new TextDecoder().decode(Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)));
	} catch {
		return text;
	}
}

function begin() {
	const box = h("textarea", { id: fresh("receipt"), rows: "5", autocomplete: "off", spellcheck: "false" });
	const file = h("input", { type: "file", id: fresh("file"), accept: ".txt,text/plain" });
	const wrong = message();
	const read = async (f) => (f.size > 65536 ? wrong.say(say("booth-receipt.too-long")) : judge({ text: await f.text() }));
	file.addEventListener("change", () => file.files[0] && read(file.files[0]));
	show(say("booth-receipt.title"),
		h("p", { class: "lead" }, say("booth-receipt.lead")),
		h("section", { class: "panel dropzone" }, h("p", { class: "field" }, h("label", { for: file.id }, say("booth-receipt.file")), file)),
		scanner((seen) => {
			const r = seen.includes("#") ? new URLSearchParams(seen.slice(seen.indexOf("#") + 1)).get("receipt") : null;
			if (!r && !/\s/.test(seen)) return false;
			judge({ text: r ? decoded(r) : seen });
			return true;
		}),
		h("section", { class: "panel" },
			h("p", { class: "field" }, h("label", { for: box.id }, say("booth-receipt.paste")), box),
			wrong.element,
			actions(primary(say("booth-receipt.go"), () => {
				const t = box.value.trim();
				if (!t) return wrong.say(say("booth-receipt.empty"));
				const q = t.includes("#") ? new URLSearchParams(t.slice(t.indexOf("#") + 1)) : null;
				if (q?.get("receipt")) return judge({ text: decoded(q.get("receipt")) });
				const all = t.split(/[\s,.-]+/);
				return judge(!t.includes("\n") && all.length >= 4 && all.length <= 24 && all.every((w) => /^\p{L}+$/u.test(w)) ? { words: all, vote: given.get("vote") ?? undefined } : { text: box.value });
			}))),
		p(h("span", { class: "soft" }, say("booth-receipt.secret"))));
	page.drop(read);
}

async function judge(what) {
	let r;
	try {
		r = await page.meanwhile(say("booth-receipt.doing"), say("booth-receipt.doing-text"), () => booth.call("receipt.check", what));
	} catch (e) {
		if (["network", "board-down", "offline", "unsupported", "internal", "other-board"].includes(e?.code)) return fail(e, { again: () => judge(what), back: begin });
		return show(say("booth-receipt.bad"),
			notice("bad", p(say(e?.code === "alarm" || e?.code === "old-board" ? "booth-receipt.bad-alarm" : "booth-receipt.bad-text"))),
			h("h2", {}, say("booth-error.next")), p(say(e?.code === "alarm" || e?.code === "old-board" ? "booth-receipt.bad-alarm-next" : "booth-receipt.bad-next")),
			e?.sentence ? details(say("booth-error.details"), h("p", { lang: "en" }, e.code + ": " + e.sentence)) : null,
			actions(button(say("booth-receipt.another"), begin)));
	}
	page.mock(r.mock);
	show(say("booth-receipt.good"),
		notice("good", p(h("strong", {}, say("booth-receipt.good-text", { index: r.index })))),
		h("dl", { class: "you" }, h("dt", {}, say("booth-receipt.vote")), h("dd", {}, words(r.title)),
			h("dt", {}, say("booth-receipt.counts")), h("dd", {}, say(r.counts === true ? "booth-receipt.counts-yes" : r.counts === false ? "booth-receipt.counts-no" : "booth-receipt.counts-later"))),
		details(say("booth-receipt.proof"),
			p(say("booth-receipt.proof-text", { size: r.size, newest: r.newest?.size ?? r.size })),
			h("p", {}, say("booth-receipt.ballot"), " ", h("code", {}, r.ballot)),
			r.newest?.root ? h("p", {}, say("booth-receipt.root"), " ", h("code", {}, r.newest.root)) : null),
		actions(link(say("booth-vote.public"), board + path("/vote/" + r.vote), "button"), button(say("booth-receipt.another"), begin)));
}
