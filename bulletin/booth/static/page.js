// What all pages of the booth do: begin, show one view after another, say where the vote stands, and say what went wrong and what to do.

import { connect } from "./client.js";
import { flat, fragment, fresh, h, save } from "./dom.js";
import { at, has, language, load, pick, say } from "./say.js";

const place = document.getElementById("booth");
const live = document.getElementById("live");
const strip = document.getElementById("strip");
const network = document.getElementById("network");

// The parameters of the page's address after #, read once.
export const given = fragment();

// The address of the board: what the link says, else the server's, else where the page is from.
export const board = given.get("board") || document.body.dataset.board || location.origin;

const progress = new Set(); // who is told of the worker's progress

// begin starts a page: texts, then the worker, then the page's own work. What goes wrong on the way is shown.
export async function begin(work) {
	try {
		await load(document.body.dataset.texts);
	} catch {
		document.getElementById("unreachable").hidden = false;
		document.getElementById("loading").hidden = true;
		return;
	}
	watchNetwork();
	const attempt = async () => {
		try {
			if (!permitted(board)) throw { code: "elsewhere" };
			if (typeof WebAssembly !== "object" || typeof Worker !== "function" || !globalThis.indexedDB) throw { code: "unsupported" };
			const booth = await connect({ board, lang: language(), on: { progress: (p) => progress.forEach((f) => f(p)) } });
			await work(booth);
		} catch (e) {
			fail(e, { again: attempt });
		}
	};
	await attempt();
}

// permitted reports whether this page may speak with a board: its policy lets a browser do so only with the server's own.
function permitted(address) {
	try {
		const origin = new URL(address).origin;
		return origin === location.origin || origin === new URL(document.body.dataset.board || location.origin).origin;
	} catch {
		return false;
	}
}

// Coming back to a page that the browser has kept whole: it begins anew, and what it showed is gone.
addEventListener("pagehide", () => place.replaceChildren());
addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });

// Another link to this page opened in the same tab: the next registrar's, or the next part of a ballot. The page begins anew with it.
addEventListener("hashchange", () => { if (location.hash.includes("=")) location.reload(); });

function watchNetwork() {
	const tell = () => {
		network.hidden = navigator.onLine;
		network.replaceChildren(navigator.onLine ? "" : say("booth.offline"));
	};
	addEventListener("online", tell);
	addEventListener("offline", tell);
	tell();
}

// show replaces the view and moves the reader to its heading.
export function show(title, ...children) {
	const heading = h("h1", { id: "title", tabindex: "-1" }, title);
	const first = !place.dataset.begun;
	place.dataset.begun = "yes";
	place.setAttribute("aria-busy", "false");
	place.replaceChildren(heading, ...flat(children));
	if (!first) {
		heading.focus({ preventScroll: true });
		scrollTo(0, 0);
	}
	document.title = heading.textContent + " · " + document.body.dataset.name;
	return heading;
}

// announce tells a screen reader.
export function announce(text) {
	live.textContent = "";
	setTimeout(() => { live.textContent = text; }, 50);
}

// standing says in one line, always in sight, whether the vote is cast. Kinds: no, sent, yes, none.
export function standing(kind, text) {
	strip.hidden = kind === "none";
	if (kind === "none") return strip.replaceChildren();
	strip.className = "strip " + kind;
	strip.replaceChildren(h("span", { class: "sign", "aria-hidden": "true" }, { no: "○", sent: "…", yes: "✓" }[kind]), h("strong", {}, text));
}

// mock marks every view of a rehearsal.
export function mock(is) {
	document.getElementById("mock").hidden = !is;
}

// words is a text of the log, marked with its language if that is not the page's.
export function words(texts) {
	const t = pick(texts);
	return h("bdi", { lang: t.lang }, t.text);
}

export const time = (seconds) => h("time", { datetime: new Date(seconds * 1000).toISOString() }, at(seconds));

// sentence is a text with elements put in for its {names}.
export function sentence(key, put) {
	return say(key).split(/(\{[a-z]+\})/).map((part) => {
		const name = part.startsWith("{") ? part.slice(1, -1) : null;
		return name !== null && name in put ? put[name] : part;
	});
}

export const p = (...children) => h("p", {}, ...children);

// button is a button that does one thing at a time: while it is at it, further presses do nothing.
export function button(text, act, attributes) {
	const b = h("button", { type: "button", ...attributes }, text);
	let busy = false;
	b.addEventListener("click", async () => {
		if (busy) return;
		busy = true;
		b.setAttribute("aria-busy", "true");
		try {
			await act(b);
		} catch (e) {
			fail(e);
		} finally {
			busy = false;
			b.removeAttribute("aria-busy");
		}
	});
	return b;
}

export const primary = (text, act, attributes) => button(text, act, { class: "primary", ...attributes });

export const link = (text, href, cls) => h("a", { href, class: cls }, text);

// path returns the address of a page, in the language that the reader has chosen.
export function path(to, hash) {
	const chosen = new URLSearchParams(location.search).get("lang");
	return to + (chosen ? (to.includes("?") ? "&" : "?") + "lang=" + encodeURIComponent(chosen) : "") + (hash ? "#" + hash : "");
}

export const notice = (kind, ...children) => h("div", { class: "notice " + kind }, ...children);

export const actions = (...children) => h("div", { class: "actions" }, ...children);

export const details = (summary, ...children) => h("details", {}, h("summary", {}, summary), ...children);

// message is a line that says what is wrong with what the member has done so far, and is read out.
export function message() {
	const e = h("p", { class: "wrong", role: "alert", id: fresh("wrong") });
	return { element: e, say: (text) => { e.textContent = text; } };
}

// waiting shows that something goes on, and how far it is.
export function waiting(title, text) {
	const bar = h("progress", { "aria-label": title });
	const line = p(text || "");
	show(title, line, bar);
	place.setAttribute("aria-busy", "true");
	const told = (x) => {
		if (x.total > 0) {
			bar.max = x.total;
			bar.value = x.done;
		}
		if (x.what && has("booth-doing." + x.what)) line.textContent = say("booth-doing." + x.what);
	};
	progress.add(told);
	return () => progress.delete(told);
}

// during does a thing while telling of the worker's progress.
export async function during(tell, work) {
	progress.add(tell);
	try {
		return await work();
	} finally {
		progress.delete(tell);
	}
}

// meanwhile shows a view of waiting while work goes on.
export async function meanwhile(title, text, work) {
	const done = waiting(title, text);
	try {
		return await work();
	} finally {
		done();
	}
}

// What an error means for the member's vote, if it says anything about it: `standing` is left as it is.
const severe = new Set(["alarm", "answer", "keys", "old-board", "other-board"]);

// What trying again does not change.
const final = new Set([...severe, "unsupported", "answered", "removed", "spent", "unknown"]);

// fail shows what went wrong and what to do next, in words; what the program says of it stands below, for whoever helps.
export function fail(e, o = {}) {
	let code = typeof e?.code === "string" && has("booth-error." + e.code) ? e.code : "internal";
	if (["network", "board-down", "registrar-down"].includes(code) && !navigator.onLine) code = "offline";
	if (code === "internal") console.error(e);
	const more = [e?.sentence, e?.hint].filter(Boolean);
	if (!more.length && code === "internal") more.push(String(e?.message ?? e));
	const again = o.again ?? (() => location.reload());
	show(say("booth-error." + code),
		notice(severe.has(code) ? "bad" : "calm", p(say("booth-error." + code + "-text"))),
		h("h2", {}, say("booth-error.next")),
		h("p", {}, say("booth-error." + code + "-next")),
		o.extra,
		actions(
			final.has(code) ? null : primary(say("booth.again"), again),
			e?.evidence ? button(say("booth-error.evidence"), () => save("evidence.txt", e.evidence)) : null,
			code === "incomplete" || code === "code" ? link(say("booth-error.to-card"), path("/booth/card"), "button") : null,
			code === "spent" || severe.has(code) ? link(say("booth-error.to-me"), path("/booth/me"), "button") : null,
			o.back ? button(say("booth.back"), o.back) : null,
		),
		more.length ? details(say("booth-error.details"), h("p", { lang: "en" }, code + ": " + more.join(" "))) : null,
	);
	announce(say("booth-error." + code));
}

// drop has the view take a file that is dropped on it.
export function drop(take) {
	const zone = place.firstChild;
	const over = (e) => {
		if (zone.isConnected && e.dataTransfer?.types.includes("Files")) e.preventDefault();
	};
	const dropped = (e) => {
		if (!zone.isConnected) return;
		e.preventDefault();
		if (e.dataTransfer?.files[0]) take(e.dataTransfer.files[0]);
	};
	place.ondragover = over;
	place.ondrop = dropped;
}
