// The page on which a second device checks a ballot. First it learns the ballot's name, while the first device can still do either; then it
// gets what is in the ballot, makes the ballot again from that, and shows in words what it says.
//
// What it gets comes in one link, in several QR codes of which each opens this page anew, from the camera inside the page, from a file, or
// pasted. Parts are kept on the device until all are there.

import * as page from "./page.js";
import { actions, announce, board, button, details, fail, given, link, message, notice, p, path, primary, show, standing, words } from "./page.js";
import { fresh, h } from "./dom.js";
import { canScan, scanner } from "./scanning.js";
import { count, say } from "./say.js";

const shelf = "mandate-check"; // what this device knows: {vote, ballot, before, parts, of, at}
const day = 86400000;
const hex = /^[0-9a-f]{64}$/;

let booth;
let known = null;

page.begin(async (b) => {
	booth = b;
	known = load();
	take(given);
	addEventListener("storage", (e) => { // another tab of this device has got a part
		if (e.key !== shelf || !load()) return;
		known = load();
		draw();
	});
	draw();
});

function load() {
	try {
		const k = JSON.parse(localStorage.getItem(shelf));
		if (k && Date.now() - k.at < day) return k;
		localStorage.removeItem(shelf); // what was in an opened ballot does not stay
		return null;
	} catch {
		return null;
	}
}

function store() {
	try {
		localStorage.setItem(shelf, JSON.stringify(known));
	} catch { /* then all parts have to come into one tab */ }
}

function forget() {
	known = null;
	try {
		localStorage.removeItem(shelf);
	} catch { /* nothing was kept */ }
}

// take takes what a link says: a ballot's name, what is in it, or a part of that. It reports whether it was any of it.
function take(q) {
	const vote = q.get("vote"), ballot = q.get("ballot"), opened = q.get("opened"), data = q.get("data");
	if (!hex.test(ballot ?? "")) return false;
	const contents = opened !== null || data !== null;
	if (!known || known.ballot !== ballot) {
		// A ballot whose name this device learns together with what is in it could have been made up for this check. So the first name stays the
		// one to compare with, whatever names come after it, until the member says that there is a new ballot.
		const first = known?.other ?? (known?.before ? known.ballot : null);
		const again = first === ballot;
		known = { vote: hex.test(vote ?? "") ? vote : null, ballot, before: again || !contents, other: again ? null : first, parts: {}, of: 0, at: Date.now() };
	}
	if (opened !== null) known.parts = { 1: opened }, known.of = 1;
	const [, i, n] = /^(\d{1,2})\/(\d{1,2})$/.exec(q.get("part") ?? "") ?? [];
	if (data !== null && Number(i) >= 1 && Number(i) <= Number(n)) {
		if (known.of !== Number(n)) known.parts = {}, known.of = Number(n);
		known.parts[Number(i)] = data;
	}
	store();
	return true;
}

const have = () => Object.keys(known.parts).length;

function draw() {
	standing("none");
	if (!known) return begin();
	if (known.of > 0 && have() === known.of) {
		let all = "";
		for (let i = 1; i <= known.of; i++) all += known.parts[i];
		return judge(text(all));
	}
	wait();
}

// text returns an opened ballot as text, from what is in a link: all of the text but its first line, on one line.
const text = (data) => "mandate opened ballot, version 1\n" + data + "\n";

function begin() {
	show(say("booth-check.title"),
		h("p", { class: "lead" }, say("booth-check.text")),
		h("ol", {}, ["first", "second", "third"].map((k) => h("li", {}, say("booth-check.how-" + k)))),
		inputs());
}

// wait is what the second device shows between learning the ballot's name and getting what is in it.
function wait() {
	const got = have();
	show(got ? count("booth-check.parts", got, { all: known.of }) : say(known.other ? "booth-check.title" : known.before ? "booth-check.ready" : "booth-check.more"),
		got
			? notice("calm", p(say("booth-check.parts-text")))
			: known.other ? null : notice("good", p(h("strong", {}, say("booth-check.ready-text"))), p(say("booth-check.ready-next"))),
		known.other && known.before
			? [notice("bad", p(say("booth-check.renamed"))), actions(button(say("booth-check.renamed-yes"), () => {
				known.other = null;
				store();
				draw();
			}))]
			: null,
		h("p", { class: "soft" }, say("booth-check.name"), " ", h("code", {}, known.ballot)),
		inputs(),
		actions(button(say("booth-check.again"), () => {
			forget();
			draw();
		}, { class: "quiet" })));
	if (got) announce(count("booth-check.parts", got, { all: known.of }));
}

// inputs are the ways in which the second device is told.
function inputs() {
	const box = h("textarea", { id: fresh("text"), rows: "3", autocomplete: "off", spellcheck: "false" });
	const file = h("input", { type: "file", id: fresh("file"), accept: ".txt,text/plain" });
	const wrong = message();
	const use = (t) => {
		if (t.includes("#") && take(new URLSearchParams(t.trim().slice(t.indexOf("#") + 1)))) return draw();
		if (t.trim().startsWith("mandate opened ballot")) return judge(t);
		wrong.say(say("booth-check.not-understood"));
	};
	const read = async (f) => (f.size > 65536 ? wrong.say(say("booth-check.not-understood")) : use(await f.text()));
	file.addEventListener("change", () => file.files[0] && read(file.files[0]));
	setTimeout(() => page.drop(read));
	return [
		p(say(canScan() ? "booth-check.scan-here" : "booth-check.scan")),
		scanner((seen) => {
			if (!seen.includes("#") || !take(new URLSearchParams(seen.slice(seen.indexOf("#") + 1)))) return false;
			if (known.of > 0 && have() < known.of) {
				announce(count("booth-check.parts", have(), { all: known.of }));
				return false;
			}
			draw();
			return true;
		}),
		details(say("booth-check.otherwise"),
			h("p", { class: "field" }, h("label", { for: box.id }, say("booth-check.paste")), box),
			wrong.element,
			actions(button(say("booth-check.paste-go"), () => use(box.value))),
			h("p", { class: "field" }, h("label", { for: file.id }, say("booth-check.file")), file)),
	];
}

async function judge(t) {
	const expected = known;
	let r;
	try {
		r = await page.meanwhile(say("booth-check.doing"), say("booth-check.doing-text"), () => booth.call("opened.check", { vote: expected?.vote ?? undefined, ballot: expected?.ballot, text: t }));
	} catch (e) {
		if (["network", "board-down", "offline", "unsupported", "internal", "other-board"].includes(e?.code)) return fail(e, { again: () => judge(t) });
		return lied("mismatch", e);
	}
	page.mock(r.mock);
	const before = expected?.before ?? false;
	show(say("booth-check.says"),
		expected?.other ? notice("bad", p(say("booth-check.other"))) : before ? null : notice("calm", p(say("booth-check.unseen"))),
		h("p", { class: "eyebrow" }, words(r.title)),
		r.contests.map((c) => h("section", { class: "panel chosen" }, h("h2", {}, words(c.title)),
			c.chosen.length ? h(c.ranked ? "ol" : "ul", { class: "picked" }, c.chosen.map((o) => h("li", {}, words(o)))) : p(h("strong", {}, say("booth-vote.blank"))))),
		p(say("booth-check.made-again")),
		r.spoiled ? p(say("booth-check.spoiled")) : notice("calm", p(say("booth-check.not-spoiled"))),
		h("section", { class: "act", "aria-labelledby": "same" },
			h("h2", { id: "same" }, say("booth-check.same")),
			actions(
				primary(say("booth-check.yes"), () => {
					forget();
					show(say("booth-check.good"), notice("good", p(say("booth-check.good-text"))), p(say("booth-check.good-next")));
				}),
				button(say("booth-check.no"), () => lied("differs"), { class: "danger" }))));
}

// lied says what to do when a device has not encrypted what was chosen, or cannot show that it has.
function lied(how, e) {
	const ballot = known?.ballot;
	show(say("booth-check.bad-" + how),
		notice("bad", p(say("booth-check.bad-" + how + "-text"))),
		h("h2", {}, say("booth-error.next")),
		h("ol", {}, ["stop", "other", "report"].map((k) => h("li", {}, say("booth-check.bad-" + k)))),
		ballot ? h("p", { class: "soft" }, say("booth-check.name"), " ", h("code", {}, ballot)) : null,
		e?.sentence ? details(say("booth-error.details"), h("p", { lang: "en" }, (e.code ?? "") + ": " + e.sentence)) : null,
		actions(link(say("booth-check.about"), board + path("/"), "button"), button(say("booth-check.again"), () => {
			forget();
			draw();
		}, { class: "quiet" })));
}
