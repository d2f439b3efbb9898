// The page on which a member votes: choose, see it in words, check or cast, and the receipt.
//
// What is chosen is here in `chosen`, in the controls on the page, and in the worker, and nowhere else: not in the address, the history or
// any storage. It is wiped from all when the ballot is cast, and when the page is left.

import * as page from "./page.js";
import { actions, announce, board, button, details, link, notice, p, path, primary, sentence, show, standing, time, words } from "./page.js";
import { choosing } from "./choosing.js";
import { ranking } from "./ranking.js";
import { handover, named } from "./handover.js";
import { receipt } from "./receipts.js";
import { flat, h } from "./dom.js";
import { count, pick, say } from "./say.js";

const id = location.pathname.split("/").pop();
const before = new Set(["petition", "proposed", "called", "deliberating", "triggered", "nominating"]);
const unsure = new Set(["network", "offline", "board-down", "rate", "pending", "unwitnessed", "internal"]); // after which a ballot may have arrived or not

const doubtful = new Set(["alarm", "old-board", "other-board"]); // after which nothing that the board says of it can be relied on

let booth, v;
let chosen = []; // for each contest: indexes of options, or a ranking, best first
let control = null; // of the contest that is shown, or null
let at = null; // the contest that is shown, "review", or null: the member is not choosing
let prepared = null; // the ballot that is ready and not cast

page.begin(async (b) => {
	booth = b;
	await arrive();
});

async function arrive() {
	v = await page.meanwhile(say("booth-vote.loading"), say("booth-vote.loading-text"), () => booth.call("vote.load", { vote: id }));
	page.mock(v.mock);
	if (v.pending) return resume();
	overview();
}

const open = () => v.phase === "open" && !(v.closes && v.time >= v.closes);
const counting = () => (v.mine || []).filter((b) => b.counts).at(-1);

// The page as the member finds it, after what is new.
function overview(news) {
	wipe();
	const mine = counting();
	const alarm = flat([news, v.program?.other ? otherProgram() : null, v.foreign?.length ? foreign() : null]);
	if (mine) {
		if (mine.here === false) standing("no", say("booth-vote.recorded-elsewhere"));
		else standing("yes", say("booth-vote.recorded"));
		show(words(v.title), alarm, voted(mine));
		return;
	}
	if (!open()) {
		standing("none");
		const early = before.has(v.phase);
		show(words(v.title),
			alarm,
			notice("calm", p(early ? (v.opens ? sentence("booth-vote.opens", { time: time(v.opens) }) : say("booth-vote.not-open")) : say("booth-vote.over"))),
			early && v.card && !v.card.complete ? p(say("booth-vote.card-first")) : null,
			p(say(early ? "booth-vote.not-open-next" : "booth-vote.over-next")),
			actions(link(say("booth-vote.public"), publicPage(), "button"), early ? link(say("booth-vote.to-card"), path("/booth/me"), "button") : null));
		return;
	}
	if (!v.card || !v.card.complete) {
		standing("no", say("booth-vote.not-cast"));
		const some = v.card && !v.card.complete;
		show(words(v.title), alarm,
			closes(),
			h("h2", {}, say(some ? "booth-vote.incomplete" : "booth-vote.no-card")),
			p(say(some ? "booth-vote.incomplete-text" : "booth-vote.no-card-text")),
			some
				? actions(link(say("booth-vote.go-on-card"), path("/booth/card", "round=" + v.card.round), "button primary"))
				: h("ul", { class: "ways" },
					way("booth-vote.have-mail", "booth-vote.have-mail-text", path("/booth/card")),
					way("booth-vote.have-card", "booth-vote.have-card-text", path("/booth/card", "restore=")),
					way("booth-vote.have-nothing", "booth-vote.have-nothing-text", path("/booth/card", "help="))),
			statements());
		return;
	}
	begin(alarm);
}

const way = (key, text, to) => h("li", {}, h("a", { href: to }, h("strong", {}, say(key)), h("span", {}, say(text))));
const publicPage = () => board + path("/vote/" + id);
const closes = () => (v.closes ? p(h("span", { class: "soft" }, sentence("booth-vote.closes", { time: time(v.closes) }))) : null);
const statements = () => p(link(say("booth-vote.statements"), publicPage() + "#statements"));

const place = (index) => (Number.isInteger(index) ? say("booth-vote.recorded-at", { index }) : say("booth-vote.recorded-there"));

function foreign() {
	return notice("bad",
		h("h2", {}, say("booth-vote.foreign")),
		p(say(v.foreign.length && open() && v.revote ? "booth-vote.foreign-text" : "booth-vote.foreign-late")),
		p(link(say("booth-vote.foreign-more"), path("/booth/me"))));
}

// The program that runs here is not the one that the vote's manifest pins.
function otherProgram() {
	return notice("bad",
		h("h2", {}, say("booth-vote.other-program")),
		p(say("booth-vote.other-program-text")),
		details(say("booth-vote.other-program-more"), p(say("booth-vote.other-program-running"), " ", h("code", {}, v.program.running)), p(say("booth-vote.other-program-pinned"), " ", h("code", {}, v.program.pinned))));
}

function voted(mine) {
	const again = open() && v.revote && v.card?.complete;
	return [
		notice(mine.here === false ? "calm" : "good", p(h("strong", {}, place(mine.index))), p(say(mine.here === false ? "booth-vote.other-device" : "booth-vote.this-device"))),
		again
			? [p(v.closes ? sentence("booth-vote.replace-until", { time: time(v.closes) }) : say("booth-vote.replace-open"), " ", say("booth-vote.replace-text")), actions(button(say("booth-vote.replace"), () => begin()))]
			: p(say(open() ? "booth-vote.once" : "booth-vote.over-next")),
		h("h2", {}, say("booth-vote.now")),
		h("ul", {}, h("li", {}, link(say("booth-vote.check-receipt"), path("/booth/receipt"))), h("li", {}, link(say("booth-vote.my-ballots"), path("/booth/me"))),
			h("li", {}, link(say("booth-vote.public"), publicPage()))),
	];
}

// Choosing. Each step is an entry of the browser's history, so that its back button goes one question back; after casting there is no way back.
function begin(alarm) {
	chosen = v.contests.map(() => []);
	at = 0;
	history.replaceState({ step: 0 }, "");
	question(0, alarm);
}

function go(step) {
	keep();
	history.pushState({ step }, "");
	return step === "review" ? review() : question(step);
}

addEventListener("popstate", async (e) => {
	if (at === null) return;
	keep();
	if (prepared) await drop();
	const step = e.state?.step;
	if (step === "review") {
		const early = v.contests.findIndex((c, i) => chosen[i].length < (c.min || 0));
		return early < 0 ? review() : question(early);
	}
	question(Number.isInteger(step) && step < v.contests.length ? step : 0);
});

function keep() {
	if (control && Number.isInteger(at)) chosen[at] = control.chosen();
}

function question(n, alarm) {
	at = n;
	const c = v.contests[n], last = n === v.contests.length - 1;
	standing("no", say("booth-vote.not-cast"));
	const order = c.order?.length === c.options.length ? c.order : c.options.map((_, i) => i);
	control = c.kind === "ranked" ? ranking(c, order, chosen[n]) : choosing(c, order, chosen[n]);
	const form = h("form", { autocomplete: "off", novalidate: true, on: { submit: (e) => e.preventDefault() } },
		h("fieldset", {}, h("legend", { class: "hidden" }, words(c.title)), control.element),
		h("div", { class: c.options.length > 8 ? "actions onward" : "actions" },
			primary(say(last ? "booth-vote.review" : "booth-vote.next"), async () => {
				if (!control.check()) return;
				await go(last ? "review" : n + 1);
			}),
			n > 0 ? button(say("booth.back"), () => history.back()) : null));
	const title = show(words(c.title),
		n === 0 ? [counting() ? p(say("booth-vote.replacing")) : null, closes(), v.statements === false ? null : statements(), v.late ? notice("calm", p(say("booth-vote.late"))) : null] : null,
		form);
	title.before(h("p", { class: "eyebrow" }, words(v.title), v.contests.length > 1 ? " · " + say("booth-vote.question", { place: n + 1, all: v.contests.length }) : null));
	if (alarm) title.after(...alarm);
}

async function drop() {
	const { handle } = prepared;
	prepared = null;
	await booth.call("ballot.drop", { handle }).catch(() => {}); // it is gone with the page at the latest
}

// The ballot is made, and its name is shown, before the member says whether it is cast or checked: to everybody, and without anything having
// to be pressed for it. A device that learns of a check before the ballot has a name could encrypt honestly for those who check only.
async function review() {
	at = "review";
	try {
		if (prepared) await drop();
		prepared = await booth.call("ballot.prepare", { vote: id, selections: chosen });
	} catch (e) {
		return page.fail(e, { again: review });
	}
	if (at !== "review") return drop(); // gone back meanwhile
	reviewed();
}

// reviewed shows the ballot that is ready. Coming back from a check that was not made, it is the same one.
function reviewed() {
	control = null;
	standing("no", say("booth-vote.not-cast"));
	show(say("booth-vote.review-title"),
		h("p", { class: "lead" }, say("booth-vote.review-text")),
		v.contests.map((c, n) => inWords(c, n)),
		h("section", { class: "act", "aria-labelledby": "act" },
			h("h2", { id: "act", class: "hidden" }, say("booth-vote.act")),
			primary(say("booth-vote.cast"), cast, { class: "primary cast" }),
			h("p", { class: "soft" }, say(v.revote && v.closes ? "booth-vote.cast-revote" : v.revote ? "booth-vote.cast-text" : "booth-vote.cast-once")),
			button(say("booth-vote.check"), check, { class: "second" }),
			h("p", { class: "soft" }, say("booth-vote.check-text"))),
		named(prepared));
}

function inWords(c, n) {
	const picks = chosen[n];
	return h("section", { class: "panel chosen" },
		h("h2", {}, words(c.title)),
		picks.length === 0
			? h("p", { class: "blank" }, h("strong", {}, say("booth-vote.blank")), " ", say("booth-vote.blank-text"))
			: h(c.kind === "ranked" ? "ol" : "ul", { class: "picked" }, picks.map((i) => h("li", {}, words(c.options[i].title)))),
		c.kind === "ranked" && picks.length > 0 && picks.length < c.options.length ? h("p", { class: "soft" }, count("booth-rank.unranked", c.options.length - picks.length)) : null,
		button(say("booth-vote.change"), async () => {
			await drop();
			go(n);
		}, { class: "quiet", "aria-label": say("booth-vote.change-of", { name: pick(c.title).text }) }));
}

// check hands the ballot to another device. It is spoiled by it, and a new one is made.
function check() {
	handover({
		booth, vote: id, prepared,
		back: reviewed,
		opened: () => { prepared = null; },
		again: () => review(),
	});
}

// wipe forgets what was chosen.
function wipe() {
	for (const c of chosen) c.length = 0;
	chosen = [];
	control?.wipe();
	control = prepared = at = null;
}
addEventListener("pagehide", wipe);

const stages = ["sending", "promised", "recorded", "verified"];

// stageList shows how far a ballot is. reach(stage) says what has been reached.
function stageList() {
	const items = stages.map((s) => h("li", {}, h("span", { class: "sign", "aria-hidden": "true" }), h("span", {}, say("booth-vote.stage-" + s)), h("span", { class: "hidden" })));
	const list = h("ol", { class: "stages" }, items);
	const reach = (stage) => {
		const n = stages.indexOf(stage);
		if (n < 0) return;
		items.forEach((li, i) => {
			const state = i <= n && n > 0 ? "done" : i === n + 1 || (n === 0 && i === 0) ? "now" : "";
			li.className = state;
			li.lastChild.textContent = state ? " " + say("booth-vote.stage-" + state) : "";
		});
		standing("sent", say(n > 0 ? "booth-vote.sent" : "booth-vote.sending"));
		if (n > 0) announce(say("booth-vote.stage-" + stage));
	};
	return { list, reach };
}

async function cast() {
	const { handle } = prepared;
	wipe(); // the worker has overwritten seed and choice before anything is sent
	history.replaceState(null, "");
	await send(() => booth.call("ballot.cast", { handle }));
}

// resume goes on with a ballot of which nobody knows yet whether it is recorded. It is sent again as it is.
async function resume() {
	wipe();
	await send(async () => {
		const r = await booth.call("ballot.resume", { vote: id });
		if (r.state === "recorded") return r;
		throw { code: "unsent", state: r.state, sentence: r.sentence };
	});
}

async function send(work) {
	const { list, reach } = stageList();
	show(say("booth-vote.sending-title"), p(say("booth-vote.sending-text")), list);
	reach("sending");
	let r;
	try {
		r = await page.during((x) => reach(x.what), work);
	} catch (e) {
		return unsent(e);
	}
	reach("verified");
	receive(r);
}

// unsent says what became of a ballot that was not confirmed.
async function unsent(e) {
	if (e?.code === "unsent" || e?.code === "closed" || e?.code === "not-open") {
		standing("no", say("booth-vote.not-cast"));
		if (e.state === "none") {
			v = await booth.call("vote.load", { vote: id }).catch(() => v);
			v.pending = null;
			overview(notice("calm", p(say("booth-vote.nothing-sent"))));
			return announce(say("booth-vote.nothing-sent"));
		}
		const late = e.code === "closed";
		return show(say(late ? "booth-error.closed" : "booth-vote.refused"),
			notice("bad", p(h("strong", {}, say("booth-vote.not-cast"))), p(say(late ? "booth-error.closed-text" : "booth-vote.refused-text"))),
			actions(late ? link(say("booth-vote.public"), publicPage(), "button") : primary(say("booth-vote.choose-again"), arrive)),
			e.sentence ? details(say("booth-error.details"), h("p", { lang: "en" }, e.sentence)) : null);
	}
	if (!unsure.has(e?.code ?? "internal")) {
		if (e.code === "spent") standing("none");
		else if (doubtful.has(e.code)) standing("sent", say("booth-vote.unconfirmed"));
		else standing("no", say("booth-vote.not-cast"));
		return page.fail(e, { again: arrive });
	}
	const retry = () => resume();
	if (e?.code === "unwitnessed") {
		standing("sent", say("booth-error.unwitnessed"));
		return show(say("booth-error.unwitnessed"),
			notice("calm", p(say("booth-error.unwitnessed-text"))),
			p(say("booth-error.unwitnessed-next")),
			actions(primary(say("booth-vote.confirm"), retry)),
			details(say("booth-error.details"), h("p", { lang: "en" }, [e.sentence, e.hint].filter(Boolean).join(" · "))));
	}
	standing("sent", say("booth-vote.unconfirmed"));
	show(say("booth-vote.unconfirmed-title"),
		notice("calm", p(say(navigator.onLine ? "booth-vote.unconfirmed-text" : "booth-vote.unconfirmed-offline"))),
		p(say("booth-vote.unconfirmed-next")),
		actions(primary(say("booth-vote.confirm"), retry)),
		details(say("booth-error.details"), h("p", { lang: "en" }, [e?.code, e?.sentence, e?.hint, e?.message].filter(Boolean).join(" · "))));
	addEventListener("online", retry, { once: true });
}

// receive shows the receipt. It is the only place that says a ballot just cast is recorded, and is reached only when its proof was verified.
function receive(r) {
	standing("yes", say("booth-vote.recorded"));
	show(say("booth-vote.recorded-title"),
		notice("good", p(h("strong", {}, place(r.index))), p(say("booth-vote.recorded-proof"))),
		r.counts === false ? notice("bad", p(say("booth-vote.not-counted"))) : r.counts === true ? null : p(say("booth-vote.counts-unknown")),
		receipt(r, "receipt-" + r.ballot.slice(0, 8) + ".txt"),
		h("h2", {}, say("booth-vote.now")),
		h("ul", {},
			h("li", {}, say("booth-vote.wiped")),
			h("li", {}, v.revote && v.closes ? sentence("booth-vote.replace-until", { time: time(v.closes) }) : say(v.revote ? "booth-vote.replace-open" : "booth-vote.once")),
			h("li", {}, link(say("booth-vote.check-receipt"), path("/booth/receipt"))),
			h("li", {}, link(say("booth-vote.public"), publicPage()))));
	announce(say("booth-vote.recorded"));
}
