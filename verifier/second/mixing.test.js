// The vectors of rankings and shuffles: node --test
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { hex } from './bytes.js';
import { element } from './group.js';
import { decodeRanking, elementsOf } from './ranking.js';
import { checkStage, decodeList, generators } from './shuffle.js';

const json = (path) => JSON.parse(readFileSync(new URL('../../' + path, import.meta.url)));
const bytes = (s) => new Uint8Array(Buffer.from(s, 'hex'));

test('rankings (§16)', () => {
  let n = 0;
  for (const v of json('ballot/ranking/testdata/vectors.json')) {
    assert.equal(elementsOf(v.candidates, v.depth), v.elements);
    if (!v.encoding) continue;
    const points = v.encoding.match(/.{64}/g).map((s) => element(bytes(s)));
    const ranking = points.includes(null) || points.length !== v.elements ? null : decodeRanking(points, v.candidates, v.depth);
    assert.deepEqual(ranking, v.spoiled ? null : v.ranking, JSON.stringify(v));
    n++;
  }
  assert.ok(n > 50);
});

test('shuffles (§17)', () => {
  for (const made of ['go', 'reference']) {
    for (const v of json(`crypto/mixnet/testdata/${made}.json`)) {
      const list = decodeList(bytes(v.inputs)), N = list.ciphertexts.length / v.width;
      assert.deepEqual(generators(bytes(v.vote), v.contest, N).map((h) => hex(h.toBytes())), v.generators);
      const statement = { vote: bytes(v.vote), ctx: bytes(v.ctx), contest: v.contest, stage: v.stage, mixer: v.mixer, root: bytes(v.seal), pk: element(bytes(v.key)) };
      const stage = bytes(v.outputs + v.proof);
      assert.ok(checkStage(statement, list, v.width, stage));
      for (let i = 64 * v.width * N; i < stage.length; i += 32) { // every element and scalar of the proof
        const changed = Uint8Array.from(stage);
        changed[i] ^= 4;
        assert.equal(checkStage(statement, list, v.width, changed), null, `byte ${i}`);
      }
      for (const other of [{ contest: 0 }, { stage: 9 }, { mixer: 9 }, { root: statement.ctx }, { ctx: statement.root }, { vote: statement.ctx }]) {
        assert.equal(checkStage({ ...statement, ...other }, list, v.width, stage), null);
      }
    }
  }
});
