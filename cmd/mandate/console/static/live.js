// Keeps the live part of a page fresh. Without it, the page is right when it is loaded again.
"use strict";
(function () {
	const live = document.getElementById("live");
	if (!live) return;
	let wait = 2000;
	async function look() {
		try {
			const answer = await fetch(location.href, { headers: { Accept: "text/html", "Mandate-Live": "yes" }, cache: "no-store", credentials: "same-origin" });
			if (answer.redirected) {
				location.assign(answer.url);
				return;
			}
			if (answer.ok) {
				const page = new DOMParser().parseFromString(await answer.text(), "text/html");
				const fresh = page.getElementById("live");
				// Nothing is changed under the hands of somebody who is at a button or a field in it.
				if (fresh && fresh.innerHTML !== live.innerHTML && !live.contains(document.activeElement)) {
					live.replaceChildren(...fresh.childNodes);
				}
			}
			wait = 2000;
		} catch {
			wait = Math.min(wait * 2, 60000);
		}
		setTimeout(look, wait);
	}
	setTimeout(look, wait);
})();
