// The page on which a member supports a petition: two taps.

import * as page from "./page.js";
import { actions, board, link, notice, p, path, primary, sentence, show, standing, time, words } from "./page.js";
import { receipt } from "./receipts.js";
import { h } from "./dom.js";
import { count, say } from "./say.js";

const id = location.pathname.split("/").pop();
let booth;

page.begin(async (b) => {
	booth = b;
	await look();
});

async function look() {
	const [s, cards] = await page.meanwhile(say("booth-support.loading"), "", () => Promise.all([booth.call("support.look", { vote: id }), booth.call("cards.list", {})]));
	page.mock(s.mock);
	const figures = [
		h("p", { class: "figure" }, count("booth-support.have", s.have, { need: s.need })),
		h("progress", { max: s.need, value: Math.min(s.have, s.need), "aria-label": say("booth-support.progress") }),
		s.closes ? p(h("span", { class: "soft" }, sentence("booth-support.until", { time: time(s.closes) }))) : null,
		p(link(say("booth-support.public"), board + path("/vote/" + id))),
	];
	if (s.supported) {
		standing("yes", say("booth-support.yes"));
		return show(words(s.title), notice("good", p(h("strong", {}, say("booth-support.yes"))), p(say("booth-support.yes-text"))), figures);
	}
	standing("no", say("booth-support.not-yet"));
	if (s.phase && s.phase !== "proposed") return show(words(s.title), notice("calm", p(say("booth-support.over"))), figures);
	if (!cards.some((c) => c.complete)) {
		return show(words(s.title), figures, h("h2", {}, say(cards.length ? "booth-vote.incomplete" : "booth-vote.no-card")),
			p(say(cards.length ? "booth-vote.incomplete-text" : "booth-vote.no-card-text")), actions(link(say("booth-support.card"), path("/booth/card"), "button primary")));
	}
	show(words(s.title), figures,
		s.late ? notice("calm", p(say("booth-vote.late"))) : null,
		h("section", { class: "act" }, primary(say("booth-support.do"), support, { class: "primary cast" }), h("p", { class: "soft" }, say("booth-support.secret"))));
}

async function support() {
	standing("sent", say("booth-vote.sending"));
	let r;
	try {
		r = await page.meanwhile(say("booth-support.sending"), say("booth-support.sending-text"), () => booth.call("support.do", { vote: id }));
	} catch (e) {
		standing("no", say(e?.code === "network" || e?.code === "board-down" ? "booth-vote.unconfirmed" : "booth-support.not-yet"));
		return page.fail(e, { again: look });
	}
	if (r.receipt) standing("yes", say("booth-support.yes"));
	else standing("sent", say("booth-support.promised"));
	show(say("booth-support.thanks"),
		notice("good", p(r.receipt ? say("booth-support.yes-text") : r.due ? sentence("booth-support.due", { time: time(r.due) }) : say("booth-support.soon"))),
		r.receipt ? null : p(say("booth-support.later")),
		receipt(r, "support.txt"),
		p(link(say("booth-support.public"), board + path("/vote/" + id))));
}
