// Made by go run ./cmd/booth/build. SHA-256 and size in bytes of the programs, not compressed.

export const programs = {
	"audit.wasm": { sha256: "f05102e40b356acc8fd805719cf161e365cab38c151d56091d674363d06d8e99", size: 10483511 },
	"booth.wasm": { sha256: "507911ad1e849eb65fa082a8b9a1f8b6af2667fc67860e2a8af3e3fc75408b77", size: 7944370 },
	"wasm_exec.js": { sha256: "0c949f4996f9a89698e4b5c586de32249c3b69b7baadb64d220073cc04acba14", size: 16992 },
};
