// The member's own page: the cards on this device, who has issued what in the member's name, and the member's ballots on the board.

import * as page from "./page.js";
import { actions, board, button, details, fail, link, notice, p, path, primary, show, standing, time, words } from "./page.js";
import { h } from "./dom.js";
import { keeping } from "./keeping.js";
import { count, pick, say } from "./say.js";

let booth;

page.begin(async (b) => {
	booth = b;
	await home();
});

async function home() {
	standing("none");
	const cards = await page.meanwhile(say("booth-me.loading"), "", async () => {
		const all = await booth.call("cards.list", {});
		return Promise.all(all.map(async (c) => ({ ...c, status: await booth.call("card.status", { round: c.round }).catch((error) => ({ error })) })));
	});
	if (!cards.length) {
		return show(say("booth-me.title"), p(say("booth-me.none")),
			actions(link(say("booth-me.collect"), path("/booth/card"), "button primary"), link(say("booth-me.restore"), path("/booth/card", "restore="), "button")));
	}
	show(say("booth-me.title"), cards.map(cardSection), actions(link(say("booth-me.restore"), path("/booth/card", "restore="), "button")));
}

function cardSection(c) {
	const s = c.status;
	const done = c.answered.filter(Boolean).length;
	return h("section", { class: "panel card" },
		h("h2", {}, words(c.roundTitle)),
		h("dl", { class: "you" }, h("dt", {}, say("booth-card.name")), h("dd", {}, h("bdi", {}, c.entry.name)), h("dt", {}, say("booth-card.number")), h("dd", {}, c.entry.number),
			h("dt", {}, say("booth-me.card")), h("dd", {}, c.complete ? say("booth-me.complete") : count("booth-card.answered", done, { all: c.answered.length }))),
		c.complete ? null : actions(link(say("booth-vote.go-on-card"), path("/booth/card", "round=" + c.round), "button")),
		c.kept ? null : notice("calm", p(say("booth-card.not-kept"))),
		s.error ? notice("calm", p(say("booth-me.status-unknown"))) : issued(c, s),
		actions(
			button(say("booth-me.history"), () => history_(c)),
			button(say("booth-me.export"), () => exported(c)),
			button(say("booth-me.forget"), () => forget(c), { class: "quiet" })));
}

// issued says what the registrars have issued in the member's name. A card that this device has not asked for is an alarm.
function issued(c, s) {
	return [
		s.foreign ? notice("bad", h("h3", {}, say("booth-me.foreign")), p(say("booth-me.foreign-text")), h("ol", {}, ["own", "tell", "keep"].map((k) => h("li", {}, say("booth-me.foreign-" + k))))) : null,
		h("h3", {}, say("booth-me.issued")),
		h("ul", { class: "answers" }, s.issued.map((i) => h("li", { class: i.published ? "done" : "open" },
			h("span", { class: "sign", "aria-hidden": "true" }, i.published ? "✓" : "○"),
			h("div", {}, h("strong", {}, h("bdi", {}, i.name)), " ",
				h("span", { class: "soft" }, i.published ? [say("booth-me.published"), i.at ? [" ", time(i.at)] : null] : say(c.answered[i.registrar - 1] ? "booth-me.unpublished" : "booth-me.not-issued")))))),
		details(say("booth-me.not-you"), p(say("booth-me.not-you-text"))),
	];
}

async function history_(c) {
	let r;
	try {
		r = await page.meanwhile(say("booth-me.reading"), say("booth-me.reading-text"), () => booth.call("history", { round: c.round }));
	} catch (e) {
		return fail(e, { again: () => history_(c), back: home });
	}
	show(say("booth-me.history"),
		p(say("booth-me.history-text")),
		r.length === 0 || r.every((v) => !v.entries.length && !v.foreign?.length) ? p(say("booth-me.history-none")) : null,
		r.filter((v) => v.entries.length || v.foreign?.length || v.lost?.length).map((v) => h("section", { class: "panel" },
			h("h2", {}, words(v.title)),
			v.foreign?.length ? notice("bad", p(say("booth-vote.foreign-text"))) : null,
			v.lost?.length ? notice("bad", p(say("booth-me.lost"))) : null,
			h("ul", { class: "list" }, v.entries.map((e) => h("li", {},
				h("strong", {}, say("booth-me.entry-" + (["support", "check", "statement"].includes(e.kind) ? e.kind : "ballot"), { index: e.index })), " ",
				h("span", { class: "soft" }, say(e.counts ? "booth-me.counts" : "booth-me.counts-not"), " ", e.mine ? say("booth-me.this-device") : say("booth-me.other-device")),
				h("p", {}, h("code", {}, e.ballot))))),
			p(link(say("booth-vote.public"), board + path("/vote/" + v.vote))))),
		actions(button(say("booth.back"), home)));
}

async function exported(c) {
	const r = await booth.call("card.export", { round: c.round });
	const k = keeping(r, [say("booth-card.for", c.entry), pick(c.roundTitle).text, board]);
	show(say("booth-keep.again"), p(say("booth-keep.text")), h("ul", { class: "reasons" }, ["lost", "secret", "not-vote"].map((w) => h("li", {}, say("booth-keep.why-" + w)))), k.element,
		actions(primary(say("booth.done"), async () => {
			if (k.done()) await booth.call("card.kept", { round: c.round });
			await home();
		})));
}

function forget(c) {
	show(say("booth-me.forget-title"),
		notice(c.kept ? "calm" : "bad", p(say(c.kept ? "booth-me.forget-text" : "booth-me.forget-unkept"))),
		p(say("booth-me.forget-of", { round: pick(c.roundTitle).text })),
		actions(
			button(say("booth-me.forget-no"), home, { class: "primary" }),
			button(say("booth-me.forget-yes"), async () => {
				await booth.call("card.forget", { round: c.round });
				await home();
			}, { class: "danger" })));
}
