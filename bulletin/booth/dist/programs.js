// Made by go run ./cmd/booth/build. SHA-256 and size in bytes of the programs, not compressed.

export const programs = {
	"audit.wasm": { sha256: "508a8ca1546730da87e6587d83b61231949430894a909e448c75bc24b92945da", size: 11890597 },
	"booth.wasm": { sha256: "395c15232c88eadc00cd1350b229e3964b342a9daffff1b615c33fd5c6342814", size: 11573412 },
	"wasm_exec.js": { sha256: "0c949f4996f9a89698e4b5c586de32249c3b69b7baadb64d220073cc04acba14", size: 16992 },
};
