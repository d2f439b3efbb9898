// The page on which a member collects a voter card: is this you, keep it, and one answer from each registrar. Mails may be opened in several
// browsers: a code can be typed here, and a card begun elsewhere be brought here.

import * as page from "./page.js";
import { actions, announce, button, details, fail, given, link, message, notice, p, path, primary, sentence, show, standing, time, words } from "./page.js";
import { fresh, h } from "./dom.js";
import { keeping } from "./keeping.js";
import { canScan, scanner } from "./scanning.js";
import { count, has, language, pick, say } from "./say.js";

const pending = "mandate-code"; // a code that was not used up yet, for as long as this tab is open

let booth, world, cards;
let code = null; // {round, code} of the link by which the member came

page.begin(async (b) => {
	booth = b;
	[world, cards] = await page.meanwhile(say("booth-card.loading"), say("booth-card.loading-text"), () => Promise.all([booth.call("board.look", {}), booth.call("cards.list", {})]));
	standing("none");
	if (given.has("card")) return bring(given.get("card"));
	if (given.has("code")) return use(given.get("code"), given.get("round"));
	if (given.has("restore")) return restore();
	if (given.has("help")) return help();
	const kept = remembered();
	if (kept) return use(kept.code, kept.round);
	const one = cards.find((c) => c.round === given.get("round")) ?? cards.find((c) => !c.complete);
	return one && !one.complete ? collected(one.round) : home();
});

const round = (id) => world.rounds.find((r) => r.id === id);
const card = (id) => cards.find((c) => c.round === id);
const registrarName = (id, index) => round(id)?.registrars.find((r) => r.index === index)?.name ?? String(index);

function remembered() {
	try {
		return JSON.parse(sessionStorage.getItem(pending));
	} catch {
		return null;
	}
}

function remember(c) {
	code = c;
	try {
		if (c) sessionStorage.setItem(pending, JSON.stringify(c));
		else sessionStorage.removeItem(pending);
	} catch { /* then a reload needs the link again */ }
}

// A card in a link is its file in base64url.
function unpacked(text) {
	const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
	return new TextDecoder().decode(bytes);
}

// codeField is where a code is typed or a link pasted.
function codeField(act, text) {
	const box = h("input", { type: "text", id: fresh("code"), class: "code", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", inputmode: "text" });
	const hint = fresh("hint"), wrong = message();
	box.setAttribute("aria-describedby", hint + " " + wrong.element.id);
	const go = async () => {
		const typed = box.value.trim();
		if (!typed) return wrong.say(say("booth-card.code-empty"));
		wrong.say("");
		try {
			const link = typed.includes("#") ? new URLSearchParams(typed.slice(typed.indexOf("#") + 1)) : null;
			await act(typed, link?.get("round"));
		} catch (e) {
			if (e?.code !== "code-typo" && e?.code !== "code") throw e;
			box.setAttribute("aria-invalid", "true");
			wrong.say(say("booth-error." + e.code) + " " + say("booth-error." + e.code + "-text"));
			box.focus();
		}
	};
	box.addEventListener("input", () => box.removeAttribute("aria-invalid"));
	box.addEventListener("keydown", (e) => {
		if (e.key !== "Enter") return;
		e.preventDefault();
		send.click();
	});
	const send = primary(text ?? say("booth-card.code-go"), go);
	return h("div", { class: "field" }, h("label", { for: box.id }, say("booth-card.code")), h("p", { class: "soft", id: hint }, say("booth-card.code-hint")), box, wrong.element, actions(send));
}

// isOpen reports whether cards of a round can be collected.
const isOpen = (r) => !r.closes || r.closes > world.time;

// A registrar's channel is the ways by which it knows members, between semicolons (SPEC.md §8.3); "openid" is followed by the address of whom it believes.
const ways = (r) => r.channel.split(";").map((w) => w.trim()).filter(Boolean);
const isOpenID = (way) => way.startsWith("openid ");
const messages = (r) => ways(r).filter((w) => !isOpenID(w)).join("; ");

// its is the address of a registrar's own page for a round. Addresses of registrars are on the log, and have the form of a web address.
const its = (r, page, id) => r.url.replace(/\/+$/, "") + page + "?" + new URLSearchParams({ round: id, lang: language() });

// signIn leads to where a registrar recognises members without a code, if it does. From there they come back here, with one.
function signIn(id, r) {
	const way = r.url ? ways(r).find(isOpenID) : null;
	if (!way) return null;
	const provider = way.slice("openid ".length).replace(/^https?:\/\//, "");
	return h("p", { class: "actions" }, h("a", { class: "button primary", href: its(r, "/signin", id), rel: "noreferrer" }, say("booth-card.sign-in", { name: r.name, provider })));
}

function home() {
	const complete = cards.filter((c) => c.complete);
	const first = world.rounds.filter((r) => isOpen(r) && !cards.some((c) => c.round === r.id))
		.map((r) => ({ title: r.title, links: r.registrars.map((one) => signIn(r.id, one)).filter(Boolean) })).filter((r) => r.links.length);
	show(say("booth-card.title"),
		h("p", { class: "lead" }, say(first.length ? "booth-card.text-sign-in" : "booth-card.text")),
		first.map((r) => [h("h2", {}, say("booth-card.sign-in-title")), p(words(r.title)), r.links]),
		complete.map((c) => notice("good", p(say("booth-card.have", { round: pick(c.roundTitle).text, name: c.entry.name })), p(link(say("booth-card.to-me"), path("/booth/me"))))),
		h("h2", {}, say("booth-card.type")),
		codeField((c, r) => use(c, r, true)),
		h("h2", {}, say("booth-card.elsewhere")),
		p(say("booth-card.elsewhere-text")),
		actions(button(say("booth-card.bring"), restore), button(say("booth-card.no-mail"), help)));
}

// help says whom to ask for a code.
function help() {
	show(say("booth-card.no-mail"),
		p(say("booth-card.no-mail-text")),
		world.rounds.filter(isOpen).map((r) => [h("h2", {}, words(r.title)), h("ul", { class: "list" }, r.registrars.map((one) => ask(r.id, one)))]),
		actions(button(say("booth.back"), home)));
}

const ask = (id, r) => h("li", {}, h("strong", {}, h("bdi", {}, r.name)), signIn(id, r), h("p", {}, say("booth-card.channel", { operator: r.operator, channel: r.channel }), " ", askFor(id, r)));

const askFor = (id, r) => (r.url ? h("a", { href: its(r, "/code", id), rel: "noreferrer" }, say("booth-card.ask", { name: r.name })) : null);

// use goes on with a code. Codes that were typed wrong are said at the box in which they were typed.
async function use(text, of, typed) {
	const read = await booth.call("code.read", { code: text, round: of ?? undefined }).catch((e) => {
		if (typed) throw e;
		return fail(e, { again: home, extra: null });
	});
	if (!read) return;
	const id = of ?? read.round;
	if (!id || !round(id)) {
		const open = world.rounds.filter(isOpen);
		if (open.length !== 1) throw { code: "code" };
		return use(text, open[0].id, typed);
	}
	remember({ round: id, code: text });
	let e;
	try {
		e = await page.meanwhile(say("booth-card.entering"), say("booth-card.entering-text", { name: registrarName(id, read.registrar) }), () => booth.call("card.enter", { round: id, code: text }));
	} catch (err) {
		if (err?.code === "code" || err?.code === "code-typo") remember(null);
		return fail(unheld(err), { again: () => use(text, id), back: home, extra: err?.code === "registrar-down" || err?.code === "code" ? askAgain(id, read.registrar) : null });
	}
	const mine = card(id);
	if (mine && mine.entry.index !== e.entry.index) return notYou(id, e.registrar);
	if (mine) {
		if (!mine.kept) return keepIt(await booth.call("card.export", { round: id }));
		return collect();
	}
	isThisYou(id, e);
}

// unheld is an error of collecting, of which an alarm may be about a registrar as well as about the board.
const unheld = (e) => (e?.code === "alarm" ? { ...e, code: "answer" } : e);

const askAgain = (id, index) => {
	const r = round(id)?.registrars.find((r) => r.index === index);
	return r ? h("ul", { class: "list" }, ask(id, r)) : null;
};

function isThisYou(id, e) {
	show(say("booth-card.you"),
		p(say("booth-card.you-text", { name: registrarName(id, e.registrar) })),
		h("dl", { class: "you" }, h("dt", {}, say("booth-card.name")), h("dd", {}, h("bdi", {}, e.entry.name)), h("dt", {}, say("booth-card.number")), h("dd", {}, e.entry.number),
			h("dt", {}, say("booth-card.round")), h("dd", {}, words(round(id).title))),
		h("section", { class: "act" },
			primary(say("booth-card.you-yes"), async () => {
				const made = await page.meanwhile(say("booth-card.drawing"), say("booth-card.drawing-text"), () => booth.call("card.create", { round: id, code: code.code }));
				cards = await booth.call("cards.list", {});
				keepIt(made);
			}),
			h("p", { class: "soft" }, say("booth-card.you-yes-text")),
			button(say("booth-card.you-begun"), restore),
			h("p", { class: "soft" }, say("booth-card.you-begun-text")),
			button(say("booth-card.you-no"), () => notYou(id, e.registrar), { class: "quiet" })));
}

// notYou ends with a code that is another member's: to use it would spend that member's right to a card.
function notYou(id, registrar) {
	remember(null);
	show(say("booth-card.not-you"), notice("calm", p(say("booth-card.not-you-text", { name: registrarName(id, registrar) }))), askAgain(id, registrar));
}

// keepIt has the member keep the card before anything that depends on it is sent.
function keepIt(made) {
	const c = card(code.round);
	const wrong = message();
	const k = keeping(made, [say("booth-card.for", c.entry), pick(c.roundTitle).text, page.board], () => wrong.say(""));
	show(say("booth-keep.title"),
		h("p", { class: "lead" }, say("booth-keep.text")),
		h("ul", { class: "reasons" }, ["lost", "secret", "not-vote"].map((r) => h("li", {}, say("booth-keep.why-" + r)))),
		made.stored === false ? notice("bad", p(say("booth-keep.not-stored"))) : null,
		k.element,
		wrong.element,
		actions(primary(say("booth-keep.go-on"), async () => {
			if (!k.done()) return wrong.say(say("booth-keep.first"));
			await booth.call("card.kept", { round: code.round });
			cards = await booth.call("cards.list", {});
			await collect();
		})));
}

async function collect() {
	const { round: id, code: text } = code;
	try {
		await page.meanwhile(say("booth-card.collecting"), say("booth-card.collecting-text"), () => booth.call("card.collect", { round: id, code: text }));
	} catch (e) {
		return fail(unheld(e), { again: collect, back: () => collected(id), extra: e?.code === "answered" ? actions(primary(say("booth-card.bring"), restore)) : null });
	}
	remember(null);
	cards = await booth.call("cards.list", {});
	collected(id);
}

// collected shows which registrars have answered, and what to do for the others.
function collected(id) {
	const c = card(id), r = round(id);
	const done = c.answered.filter(Boolean).length, all = c.answered.length;
	const rows = c.answered.map((yes, i) => {
		const one = r?.registrars[i];
		const name = one?.name ?? String(i + 1);
		return h("li", { class: yes ? "done" : "open" },
			h("span", { class: "sign", "aria-hidden": "true" }, yes ? "✓" : "○"),
			h("div", {}, h("strong", {}, h("bdi", {}, name)), " ", h("span", { class: "soft" }, say(yes ? "booth-card.has-answered" : "booth-card.to-answer")),
				yes || !one ? null : [signIn(id, one), h("p", {}, messages(one) ? say(ways(one).some(isOpenID) ? "booth-card.or-mail" : "booth-card.open-mail", { name, channel: messages(one) }) + " " : null, askFor(id, one))]));
	});
	const votes = world.votes.filter((v) => v.round === id && v.phase === "open");
	show(c.complete ? say("booth-card.complete") : count("booth-card.answered", done, { all }),
		c.complete
			? [notice("good", p(say("booth-card.complete-text"))),
				votes.length
					? [h("h2", {}, say("booth-card.open-votes")), h("ul", { class: "ways" }, votes.map((v) => h("li", {}, h("a", { href: path("/booth/vote/" + v.id) }, h("strong", {}, words(v.title), v.mock ? " · " + say("booth.mock-short") : null), h("span", {}, v.closes ? sentence("booth-vote.closes", { time: time(v.closes) }) : null)))))]
					: p(say("booth-card.no-votes"))]
			: p(say("booth-card.answered-text")),
		h("ul", { class: "answers" }, rows),
		c.complete ? null : [h("h2", {}, say("booth-card.here")), p(say("booth-card.here-text")), codeField((x, of) => use(x, of ?? id, true)),
			details(say("booth-card.other-browser"), p(say("booth-card.other-browser-text")), p(link(say("booth-card.to-me"), path("/booth/me"))))],
		p(h("span", { class: "soft" }, say("booth-card.for", { name: c.entry.name, number: c.entry.number }))),
		c.kept ? null : notice("calm", p(say("booth-card.not-kept")), p(link(say("booth-card.to-me"), path("/booth/me")))));
}

// bring asks before a card is taken from a link. Who has made the link knows the card: a member who collected the answers of all registrars with
// it would have a vote that somebody else can cast.
function bring(text) {
	show(say("booth-restore.link"),
		notice("bad", p(h("strong", {}, say("booth-restore.link-text"))), p(say("booth-restore.link-stop"))),
		actions(
			button(say("booth-restore.link-yes"), () => restoring(() => booth.call("card.restore", { file: unpacked(text) }))),
			button(say("booth-restore.link-no"), home)));
}

// restore brings a card here that is kept elsewhere.
function restore() {
	const file = h("input", { type: "file", id: fresh("file"), accept: ".txt,text/plain" });
	file.addEventListener("change", async () => {
		if (file.files[0]) await restoring(async () => booth.call("card.restore", { file: await read(file.files[0]) }));
	});
	const text = h("textarea", { id: fresh("words"), rows: "4", autocomplete: "off", autocapitalize: "none", spellcheck: "false", translate: "no" });
	const typed = h("input", { type: "text", id: fresh("code"), class: "code", autocomplete: "off", spellcheck: "false", value: code?.code ?? "" });
	const wrong = message();
	const open = world.rounds;
	const which = h("select", { id: fresh("round") }, open.map((r) => h("option", { value: r.id }, pick(r.title).text)));
	which.value = code?.round ?? open.at(-1)?.id ?? "";
	show(say("booth-restore.title"),
		p(say("booth-restore.text")),
		h("section", { class: "panel" }, h("h2", {}, say("booth-restore.file")),
			h("p", { class: "field" }, h("label", { for: file.id }, say("booth-restore.file-label")), file)),
		h("section", { class: "panel" }, h("h2", {}, say("booth-restore.qr")),
			p(say(canScan() ? "booth-restore.qr-here" : "booth-restore.qr-text")),
			scanner(async (seen) => {
				const card = seen.includes("#") ? new URLSearchParams(seen.slice(seen.indexOf("#") + 1)).get("card") : null;
				if (!card && !seen.startsWith("mandate voter card")) return false;
				await restoring(() => booth.call("card.restore", { file: card ? unpacked(card) : seen }));
				return true;
			})),
		h("section", { class: "panel" }, h("h2", {}, say("booth-restore.words")),
			h("p", { class: "field" }, h("label", { for: text.id }, say("booth-restore.words-label")), text),
			h("p", { class: "field" }, h("label", { for: typed.id }, say("booth-restore.code-label")), typed),
			open.length > 1 ? h("p", { class: "field" }, h("label", { for: which.id }, say("booth-restore.round-label")), which) : null,
			wrong.element,
			actions(primary(say("booth-restore.words-go"), async () => {
				const all = text.value.toLowerCase().match(/\p{L}+/gu) ?? [];
				if (all.length !== 24) return wrong.say(count("booth-restore.words-wrong", all.length));
				if (!typed.value.trim()) return wrong.say(say("booth-restore.code-missing"));
				wrong.say("");
				remember({ round: which.value, code: typed.value.trim() });
				await restoring(() => booth.call("card.restore", { words: all, round: which.value, codes: [typed.value.trim()] }));
			}))),
		actions(button(say("booth.back"), home)));
	page.drop((f) => restoring(async () => booth.call("card.restore", { file: await read(f) })));
}

async function read(f) {
	if (f.size > 16384) throw { code: "not-a-card" };
	return f.text();
}

async function restoring(work) {
	let r;
	try {
		r = await page.meanwhile(say("booth-restore.doing"), say("booth-restore.doing-text"), work);
	} catch (e) {
		const useless = cards.find((c) => !c.answered.some(Boolean));
		return e?.code === "storage" && useless ? replace(useless, work) : fail(e, { again: restore, back: home });
	}
	cards = await booth.call("cards.list", {});
	announce(say("booth-restore.done"));
	if (code && code.round === r.round && !r.complete) return collect();
	collected(r.round);
}

// replace takes a card out of this browser that no registrar has answered, so that the one that is kept elsewhere can come in its place.
function replace(useless, work) {
	show(say("booth-restore.replace"),
		notice("calm", p(say("booth-restore.replace-text"))),
		actions(
			primary(say("booth-restore.replace-yes"), async () => {
				await booth.call("card.forget", { round: useless.round });
				cards = await booth.call("cards.list", {});
				await restoring(work);
			}),
			button(say("booth.back"), home)));
}
