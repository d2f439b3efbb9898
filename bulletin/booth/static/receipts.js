// How a receipt is shown: to be saved, as a QR code, in words, or whole.

import { announce, button, details, p } from "./page.js";
import { copy, h, picture, save } from "./dom.js";
import { say } from "./say.js";

// receipt returns the elements for a receipt {receipt, words, qr} as the worker gives it.
export function receipt(r, name) {
	if (!r.receipt) return null;
	return h("section", { class: "panel", "aria-labelledby": "receipt" },
		h("h2", { id: "receipt" }, say("booth-receipt.yours")),
		p(say("booth-receipt.yours-text")),
		r.words?.length ? h("p", {}, say("booth-receipt.words"), " ", h("strong", { class: "words", translate: "no" }, r.words.join(" "))) : null,
		h("div", { class: "actions" },
			button(say("booth-receipt.save"), () => {
				save(name, r.receipt);
				announce(say("booth.saved"));
			}),
			button(say("booth.copy"), async (b) => {
				if (await copy(r.receipt)) {
					b.textContent = say("booth.copied");
					announce(say("booth.copied"));
				}
			})),
		r.qr ? details(say("booth-receipt.qr"), picture(r.qr, say("booth-receipt.qr-alt"))) : null,
		details(say("booth-receipt.text"), h("pre", { tabindex: "0" }, r.receipt)));
}
