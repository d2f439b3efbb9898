// The page on which anybody's own device verifies the whole log: what it will do, how far it is, one line for each check, what came of it,
// and what that proves and what it does not.

import * as page from "./page.js";
import { actions, announce, board, button, details, link, notice, p, path, primary, show, standing, words } from "./page.js";
import { h, save } from "./dom.js";
import { count, has, number, say } from "./say.js";

const asked = (() => {
	const vote = new URLSearchParams(location.search).get("vote") ?? page.given.get("vote") ?? "";
	return /^[0-9a-f]{64}$/.test(vote) ? vote : null;
})();

const h2 = (...children) => h("h2", {}, ...children);

let booth;

page.begin(async (b) => {
	booth = b;
	standing("none");
	begin(await look());
});

// look asks what there is, for the first view. The verifier does not need it, so a board that does not answer now can still be verified later.
async function look() {
	try {
		return await booth.call("board.look", asked ? { vote: asked } : {});
	} catch (e) {
		if (["network", "board-down", "offline"].includes(e?.code)) return null;
		throw e;
	}
}

// An id in groups of four, to compare.
const groups = (id) => h("code", { class: "id" }, id.match(/.{4}/g).map((four) => h("span", {}, four)));

function begin(look) { // null: it is not known
	const vote = asked ? look?.votes?.find((v) => v.id === asked) : null;
	show(say("booth-title.verify"),
		p(h("span", { class: "lead" }, say("booth-verify.lead"))),
		asked
			? h("section", { class: "panel" }, h2(vote ? words(vote.title) : say("booth-verify.this-vote")), p(say("booth-verify.id")), p(groups(asked)), p(h("span", { class: "soft" }, say("booth-verify.id-text"))))
			: notice("calm", p(say("booth-verify.no-id"))),
		look ? p(count("booth-verify.size", look.size)) : null,
		actions(primary(say("booth-verify.go"), run)),
		limits());
}

// What the result of this page proves, and what it does not.
function limits() {
	const program = new URL("./audit.wasm", import.meta.url).href;
	return h("section", {}, h2(say("booth-verify.proves")),
		p(say("booth-verify.proves-text")),
		h2(say("booth-verify.not")),
		h("ul", {}, h("li", {}, say("booth-verify.not-program")), h("li", {}, say("booth-verify.not-people")), h("li", {}, say("booth-verify.not-left-out"))),
		details(say("booth-verify.trustless"),
			p(say("booth-verify.own")),
			h("pre", { tabindex: "0" }, "mandate-verify " + (asked ? "-vote " + asked + " " : "") + board),
			p(say("booth-verify.hash")),
			h("pre", { tabindex: "0" }, "curl -s " + program + " | sha256sum")));
}

// An estimate of the time that is left. It is honest: none before there is something to tell from, by what the last seconds took and not
// by what the first did, and in coarse steps.
function estimator() {
	let seen = [];
	return (done, total) => {
		const now = performance.now();
		seen.push({ now, done });
		seen = seen.filter((s) => s.now >= now - 8000);
		const first = seen[0], span = now - first.now, made = done - first.done;
		if (span < 2500 || made <= 0) return null;
		return ((total - done) * span) / made / 1000;
	};
}

function period(seconds) {
	if (seconds < 8) return say("booth-verify.soon");
	if (seconds < 90) return count("booth-verify.seconds", Math.ceil(seconds / 10) * 10);
	return count("booth-verify.minutes", Math.ceil(seconds / 60));
}

async function run() {
	const title = say("booth-verify.doing");
	const bar = h("progress", { "aria-label": title });
	const line = p(say("booth-verify.reading")), left = p("");
	left.className = "soft";
	show(title, line, bar, left, p(h("span", { class: "soft" }, say("booth-verify.stay"))), actions(link(say("booth-verify.stop"), location.href, "button")));
	const estimate = estimator();
	let told = 0, shown = 0;
	const begun = performance.now();
	const tell = (x) => {
		if (x.what !== "verify" || !(x.total > 0)) return;
		bar.max = x.total;
		bar.value = x.done;
		line.textContent = say("booth-verify.progress", { done: number(x.done), total: number(x.total) });
		const now = performance.now(), seconds = estimate(x.done, x.total);
		if (seconds !== null && now - shown > 1000) { // a figure that changes more often cannot be read
			shown = now;
			left.textContent = say("booth-verify.left", { time: period(seconds) });
		}
		const quarter = Math.floor((4 * x.done) / x.total);
		if (quarter > told) {
			told = quarter;
			announce(line.textContent);
		}
	};
	let report;
	try {
		report = await page.during(tell, () => booth.call("verify.run", asked ? { vote: asked } : {}));
	} catch (e) {
		return page.fail(e, { again: run });
	}
	result(report, Math.max(1, Math.round((performance.now() - begun) / 1000)));
}

const tones = { verified: "good", failed: "bad", unfinished: "calm", unreadable: "bad" };

function result(r, seconds) {
	const verdict = r.verdict in tones ? r.verdict : "unreadable";
	const title = say("booth-verify." + verdict);
	page.mock(r.votes?.length === 1 && r.votes[0].mock);
	show(title,
		notice(tones[verdict], p(h("strong", {}, say("booth-verify." + verdict + "-text"))), r.problem ? p(h("span", { lang: "en" }, r.problem)) : null),
		p(say("booth-verify.read", { size: number(r.size ?? 0), time: count("booth-verify.seconds", seconds) })),
		(r.votes ?? []).map(ofVote),
		h("section", {}, h2(say("booth-verify.log")), checks(r.log ?? []), voids(r.void_total)),
		actions(button(say("booth-verify.save"), () => save("report.json", JSON.stringify(r, null, "\t") + "\n")), button(say("booth-verify.again"), run)),
		limits());
	announce(title);
}

function ofVote(v) {
	return h("section", {},
		h2(words(v.title)),
		p(groups(v.id), h("span", { class: "soft" }, " ", say(v.pinned ? "booth-verify.pinned" : "booth-verify.unpinned"))),
		v.verdict === "verified" ? (v.contests ?? []).map(contest) : null,
		figures(v.figures),
		(v.warnings ?? []).length ? details(count("booth-verify.warnings", v.warnings.length), h("ul", { lang: "en" }, v.warnings.map((w) => h("li", {}, w)))) : null,
		(v.duties ?? []).some((d) => d.overdue) ? notice("bad", h("h3", {}, say("booth-verify.overdue")), h("ul", { lang: "en" }, v.duties.filter((d) => d.overdue).map((d) => h("li", {}, d.who + ": " + d.what + (d.date ? " (" + d.date + ")" : ""))))) : null,
		checks(v.checks ?? []),
		p(link(say("booth-verify.to-vote"), board + path("/vote/" + v.id))));
}

function contest(c) {
	const ranked = c.kind === "ranked" || (c.options ?? []).every((o) => o.count === undefined);
	return h("div", { class: "panel" }, h("h3", {}, words(c.title)),
		has("booth-verify.outcome-" + c.outcome) ? p(h("strong", {}, say("booth-verify.outcome-" + c.outcome))) : null,
		h("ul", { class: "counted" }, (c.options ?? []).map((o) => h("li", { class: o.winner ? "won" : null },
			words(o.title), o.winner ? h("strong", {}, " ✓ ", say("booth-verify.won")) : null, ranked ? null : h("span", {}, " ", count("booth-verify.votes", o.count))))));
}

function figures(f) {
	if (!f) return null;
	return p(count("booth-verify.counted", f.counted, { roll: number(f.roll) }), " ", count("booth-verify.checked", f.checked));
}

// A check as a line: its number, its name, what came of it, and what was looked at, which the verifier says in English.
function checks(all) {
	return h("ol", { class: "checks" }, all.map((c) => {
		const status = { "held": "held", "failed": "failed", "not asked": "not-asked" }[c.status] ?? "not-reached";
		return h("li", { class: status, value: String(c.number) },
			h("span", { class: "name" }, h("span", { class: "number" }, String(c.number)), " ", say("booth-verify.check-" + c.number)), " ",
			h("strong", { class: "came" }, say("booth-verify." + (status === "failed" ? "not-held" : status))),
			c.detail ? h("span", { class: "soft detail", lang: "en" }, c.detail) : null,
			(c.failures ?? []).length ? h("ul", { class: "soft" }, c.failures.map((f) => h("li", {}, f.index >= 0 ? say("booth-verify.at", { index: number(f.index) }) + " " : "", h("code", {}, f.code), " ", h("span", { lang: "en" }, f.sentence)))) : null);
	}));
}

function voids(total) {
	const n = Object.values(total ?? {}).reduce((a, b) => a + b, 0);
	return n > 0 ? p(h("span", { class: "soft" }, count("booth-verify.void", n))) : null;
}
