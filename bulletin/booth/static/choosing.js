// The control with which a member chooses one or several of a contest's options. ranking.js is its sister for ranked contests.

import { message, words } from "./page.js";
import { fresh, h } from "./dom.js";
import { announce } from "./page.js";
import { count, pick, say } from "./say.js";

const many = 12; // from so many options there is a search box

// choosing returns { element, chosen(), check(), wipe() }. `chosen` is where it starts: indexes of options. What is to be chosen is said in
// words before the options, and again when it is not yet so.
export function choosing(contest, order, chosen) {
	const one = contest.max === 1;
	const name = fresh("contest");
	const boxes = new Map();
	const list = h("ul", { class: "choices" });
	const state = h("p", { class: "soft", "aria-live": "polite" });
	const wrong = message();
	const rule = h("p", { class: "rule", id: fresh("rule") }, ruleOf(contest));

	for (const i of order) {
		const box = h("input", { type: one ? "radio" : "checkbox", name, id: fresh("option"), autocomplete: "off", checked: chosen.includes(i) });
		box.addEventListener("change", () => {
			if (box.checked && !one && picked().length > contest.max) {
				box.checked = false;
				const text = count("booth-vote.too-many", contest.max);
				wrong.say(text);
				return;
			}
			wrong.say("");
			draw();
		});
		boxes.set(i, box);
		list.append(h("li", {}, h("label", { for: box.id }, box, h("span", { class: "mark", "aria-hidden": "true" }), h("span", { class: "name" }, words(contest.options[i].title)))));
	}
	const picked = () => [...boxes].filter(([, b]) => b.checked).map(([i]) => i).sort((a, b) => a - b);

	const clear = h("button", { type: "button", class: "quiet" }, say("booth-vote.clear"));
	clear.addEventListener("click", () => {
		for (const b of boxes.values()) b.checked = false;
		wrong.say("");
		draw();
		announce(say("booth-vote.cleared"));
		boxes.get(order[0]).focus();
	});

	function draw() {
		const n = picked().length;
		state.textContent = one ? "" : count("booth-vote.chosen", n, { most: contest.max });
		list.classList.toggle("full", !one && n >= contest.max);
		clear.hidden = !(n > 0 && (one ? contest.min === 0 : n > 1));
	}

	const search = h("input", { type: "search", id: fresh("search"), autocomplete: "off", spellcheck: "false" });
	const none = h("p", { class: "empty", hidden: true }, say("booth-rank.none-found"));
	search.addEventListener("input", () => {
		const plain = (s) => s.toLocaleLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
		let shown = 0;
		for (const [i, b] of boxes) {
			const hide = !plain(pick(contest.options[i].title).text).includes(plain(search.value.trim()));
			b.closest("li").hidden = hide;
			if (!hide) shown++;
		}
		none.hidden = shown > 0;
	});
	search.addEventListener("keydown", (e) => { if (e.key === "Enter") e.preventDefault(); });

	const element = h("div", { class: "choosing" },
		rule,
		contest.options.length >= many ? h("p", { class: "field finder" }, h("label", { for: search.id }, say("booth-rank.search")), search) : null,
		none, list, state, wrong.element, clear,
		contest.shuffled ? h("p", { class: "soft" }, say("booth-rank.shuffled")) : null,
	);
	draw();
	return {
		element,
		chosen: picked,
		check() {
			const n = picked().length;
			if (n >= contest.min) return true;
			wrong.say(one ? say("booth-vote.choose-first") : count("booth-vote.too-few", contest.min));
			[...boxes.values()].find((b) => !b.closest("li").hidden)?.focus();
			return false;
		},
		wipe() { for (const b of boxes.values()) b.checked = false; },
	};
}

// ruleOf says in words how many options may be chosen.
export function ruleOf(c) {
	if (c.kind === "ranked") return c.depth && c.depth < c.options.length ? count("booth-rank.rule-depth", c.depth) : say("booth-rank.rule");
	if (c.max === 1) return say(c.min === 0 ? "booth-vote.rule-one-or-none" : "booth-vote.rule-one");
	if (c.min === c.max) return count("booth-vote.rule-exactly", c.max);
	if (c.max >= c.options.length) return say(c.min === 0 ? "booth-vote.rule-approval" : "booth-vote.rule-some");
	return c.min === 0 ? count("booth-vote.rule-up-to", c.max) : count("booth-vote.rule-between", c.max, { least: c.min });
}
