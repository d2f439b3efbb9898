// How the voting device hands a ballot to another one to be checked: first the ballot's name, while it may still be cast or checked, then, when
// the other has it, what is in it.

import { actions, announce, button, details, fail, notice, p, primary, show, standing } from "./page.js";
import { copy, fresh, h, picture, save } from "./dom.js";
import { say } from "./say.js";

// named shows a ballot's name to a second device. It stands beside the choice between casting and checking.
export function named(prepared) {
	return h("section", { class: "panel named", "aria-labelledby": "named" },
		h("h2", { id: "named" }, say("booth-hand.scan")),
		p(say("booth-hand.scan-text", { host: host(prepared.link) })),
		picture(prepared.qr, say("booth-hand.scan-alt")),
		name(prepared),
		linkLine(prepared.link));
}

const name = (prepared) => h("p", { class: "soft" }, say("booth-check.name"), " ", h("code", {}, prepared.ballot));

// handover takes the worker, the vote's id, the prepared ballot, and what to do: back() to casting; opened() when the ballot is spoiled;
// again() to make a new one.
export function handover({ booth, vote, prepared, back, opened, again }) {
	standing("no", say("booth-vote.not-cast"));
	show(say("booth-hand.title"),
		p(say("booth-hand.text")),
		h("h2", {}, say("booth-hand.wait")),
		p(say("booth-hand.wait-text")),
		name(prepared),
		notice("calm", p(say("booth-hand.spoils"))),
		actions(
			primary(say("booth-hand.open"), async () => {
				let r;
				try {
					r = await booth.call("ballot.open", { handle: prepared.handle });
				} catch (e) {
					return fail(e, { again: () => handover({ booth, vote, prepared, back, opened, again }), back: again });
				}
				opened();
				give(r, { booth, vote, ballot: prepared.ballot, again });
			}),
			button(say("booth-hand.back"), back)));
}

const host = (address) => {
	try {
		return new URL(address).host;
	} catch {
		return address;
	}
};

function linkLine(address) {
	const box = h("input", { type: "text", readonly: true, value: address, id: fresh("link"), spellcheck: "false" });
	box.addEventListener("focus", () => box.select());
	return details(say("booth-hand.no-camera"),
		p(say("booth-hand.link-text")),
		h("p", { class: "field" }, h("label", { for: box.id }, say("booth-hand.link")), box),
		button(say("booth.copy"), async (b) => {
			if (await copy(address)) {
				b.textContent = say("booth.copied");
				announce(say("booth.copied"));
			} else box.focus();
		}));
}

// give shows what is in the spoiled ballot, to be read by the other device and nobody else.
function give(r, { booth, vote, ballot, again }) {
	standing("no", say("booth-vote.not-cast"));
	const parts = r.parts || [];
	let n = 0;
	const figure = h("div", { class: "part" });
	const label = h("p", { class: "part-label", "aria-live": "polite" });
	const turn = (by) => {
		n = (n + by + parts.length) % parts.length;
		figure.replaceChildren(picture(parts[n], say("booth-hand.part", { place: n + 1, all: parts.length })));
		label.textContent = parts.length > 1 ? say("booth-hand.part", { place: n + 1, all: parts.length }) : "";
	};
	show(say("booth-hand.give"),
		notice("calm", p(say("booth-hand.spoiled"))),
		p(say(parts.length > 1 ? "booth-hand.give-text" : "booth-hand.give-one")),
		parts.length ? [figure, label] : null,
		parts.length > 1 ? actions(button(say("booth-hand.part-next"), () => turn(1), { class: "primary" }), button(say("booth-hand.part-back"), () => turn(-1))) : null,
		r.link ? linkLine(r.link) : null,
		r.text ? actions(button(say("booth-hand.file"), () => save("opened-ballot.txt", r.text))) : null,
		h("h2", {}, say("booth-hand.then")),
		p(say("booth-hand.then-text")),
		differs({ booth, vote, ballot, back: () => give(r, { booth, vote, ballot, again }) }),
		actions(primary(say("booth-hand.again"), again)));
	if (parts.length) turn(0);
	announce(say("booth-hand.spoiled"));
}

// differs lets the member say in public that the other device has shown something else than they chose: a number, and nothing of the choice.
function differs({ booth, vote, ballot, back }) {
	const report = async () => {
		try {
			await booth.call("ballot.fault", { vote, ballot });
		} catch (e) {
			return fail(e, { again: report, back });
		}
		const done = notice("good", p(h("strong", {}, say("booth-hand.other-done"))), p(say("booth-hand.other-done-text")));
		if (box.isConnected) box.replaceChildren(h("summary", {}, say("booth-hand.other")), done);
		else show(say("booth-hand.other"), done, actions(button(say("booth.back"), back)));
		announce(say("booth-hand.other-done"));
	};
	const box = details(say("booth-hand.other"), p(say("booth-hand.other-text")), actions(button(say("booth-hand.other-say"), report)));
	return box;
}
