// Where the worker keeps voter cards: pieces of bytes by name, in the browser's database. A piece is on the disk before put() ends.

const name = "mandate", pieces = "pieces";

// openStore returns the store, or null where the browser keeps nothing, as in some private windows.
export async function openStore() {
	try {
		const db = await open();
		return db && { get: (key) => get(db, key), put: (key, value, before) => put(db, key, value, before), keys: (prefix) => keys(db, prefix), remove: (prefix) => remove(db, prefix) };
	} catch {
		return null;
	}
}

function open() {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(name, 1);
		request.onupgradeneeded = () => request.result.createObjectStore(pieces);
		request.onerror = () => reject(request.error);
		request.onblocked = () => reject(new Error("another window holds an older database open"));
		request.onsuccess = () => {
			request.result.onversionchange = () => request.result.close();
			resolve(request.result);
		};
	});
}

// ChangedError says that a piece is not what it was when it was read: another window has changed it.
class ChangedError extends Error {
	name = "ChangedError";
}

// within does work in a transaction, and ends when that is durable.
function within(db, mode, work) {
	return new Promise((resolve, reject) => {
		const t = db.transaction(pieces, mode, { durability: "strict" });
		let result, why = null;
		t.oncomplete = () => resolve(result);
		t.onabort = () => reject(why ?? t.error ?? new Error("the browser gave the transaction up"));
		t.onerror = () => {}; // onabort follows
		const refuse = (e) => {
			why = e;
			t.abort();
		};
		work(t.objectStore(pieces), (value) => { result = value; }, refuse);
	});
}

const range = (prefix) => IDBKeyRange.bound(prefix, prefix + "\uffff", false, true);

function get(db, key) {
	return within(db, "readonly", (s, done) => {
		const r = s.get(key);
		r.onsuccess = () => done(r.result ?? null);
	});
}

// put keeps a piece if the one that is there is `before`, null for none.
function put(db, key, value, before) {
	return within(db, "readwrite", (s, _, refuse) => {
		const r = s.get(key);
		r.onsuccess = () => (same(r.result ?? null, before) ? s.put(value, key) : refuse(new ChangedError(key)));
	});
}

function same(a, b) {
	if (a === null || b === null) return a === b;
	return a.length === b.length && a.every((x, i) => x === b[i]);
}

function keys(db, prefix) {
	return within(db, "readonly", (s, done) => {
		const r = s.getAllKeys(range(prefix));
		r.onsuccess = () => done(r.result.map(String));
	});
}

function remove(db, prefix) {
	return within(db, "readwrite", (s) => s.delete(range(prefix)));
}
