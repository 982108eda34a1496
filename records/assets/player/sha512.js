// SHA-512 (FIPS 180-4) of bytes that come piece by piece: the browser's own has to have them all at once.
const [SHA512_START, SHA512_ROUNDS] = (() => {
  // The constants are the fractions of the square and cube roots of the first primes.
  const root = (value, degree) => {
    let guess = 1n << BigInt(Math.ceil(value.toString(2).length / Number(degree)));
    for (;;) {
      const next = ((degree - 1n) * guess + value / guess ** (degree - 1n)) / degree;
      if (next >= guess) return guess;
      guess = next;
    }
  };
  const primes = [];
  for (let n = 2; primes.length < 80; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const halves = (values) => Int32Array.from(values.flatMap((value) => [Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value))]));
  const fractions = (count, degree) => halves(primes.slice(0, count).map((prime) => BigInt.asUintN(64, root(BigInt(prime) << (64n * degree), degree))));
  return [fractions(8, 2n), fractions(80, 3n)];
})();

class Sha512 {
  #state = SHA512_START.slice();
  #words = new Int32Array(160);
  #rest = new Uint8Array(128);
  #kept = 0;
  #bytes = 0;

  update(bytes) {
    this.#bytes += bytes.length;
    let at = 0;
    if (this.#kept > 0) {
      at = Math.min(128 - this.#kept, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#kept);
      this.#kept += at;
      if (this.#kept < 128) return;
      this.#block(new DataView(this.#rest.buffer), 0);
      this.#kept = 0;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (; at + 128 <= bytes.length; at += 128) this.#block(view, at);
    this.#rest.set(bytes.subarray(at));
    this.#kept = bytes.length - at;
  }

  hex() {
    const tail = new Uint8Array(this.#kept < 112 ? 128 : 256);
    tail.set(this.#rest.subarray(0, this.#kept));
    tail[this.#kept] = 0x80;
    const view = new DataView(tail.buffer);
    view.setBigUint64(tail.length - 8, BigInt(this.#bytes) * 8n);
    for (let at = 0; at < tail.length; at += 128) this.#block(view, at);
    return Array.from(this.#state, (half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  // Each 64-bit word as two halves; dividing by 2^32 carries from the low one into the high one.
  #block(view, at) {
    const w = this.#words;
    const s = this.#state;
    for (let i = 0; i < 32; i++) w[i] = view.getInt32(at + 4 * i);
    for (let i = 32; i < 160; i += 2) {
      const ah = w[i - 30], al = w[i - 29], bh = w[i - 4], bl = w[i - 3];
      const s0h = ((ah >>> 1) | (al << 31)) ^ ((ah >>> 8) | (al << 24)) ^ (ah >>> 7);
      const s0l = ((al >>> 1) | (ah << 31)) ^ ((al >>> 8) | (ah << 24)) ^ ((al >>> 7) | (ah << 25));
      const s1h = ((bh >>> 19) | (bl << 13)) ^ ((bl >>> 29) | (bh << 3)) ^ (bh >>> 6);
      const s1l = ((bl >>> 19) | (bh << 13)) ^ ((bh >>> 29) | (bl << 3)) ^ ((bl >>> 6) | (bh << 26));
      const low = (w[i - 31] >>> 0) + (s0l >>> 0) + (w[i - 13] >>> 0) + (s1l >>> 0);
      w[i + 1] = low | 0;
      w[i] = (w[i - 32] + s0h + w[i - 14] + s1h + ((low / 4294967296) | 0)) | 0;
    }
    let [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl] = s;
    for (let i = 0; i < 160; i += 2) {
      const s1h = ((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23));
      const s1l = ((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23));
      const low1 = (hl >>> 0) + (s1l >>> 0) + (((el & fl) ^ (~el & gl)) >>> 0) + (SHA512_ROUNDS[i + 1] >>> 0) + (w[i + 1] >>> 0);
      const t1h = (hh + s1h + ((eh & fh) ^ (~eh & gh)) + SHA512_ROUNDS[i] + w[i] + ((low1 / 4294967296) | 0)) | 0;
      const t1l = low1 | 0;
      const s0h = ((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25));
      const s0l = ((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25));
      const low2 = (s0l >>> 0) + (((al & bl) ^ (al & cl) ^ (bl & cl)) >>> 0);
      const t2h = (s0h + ((ah & bh) ^ (ah & ch) ^ (bh & ch)) + ((low2 / 4294967296) | 0)) | 0;
      const t2l = low2 | 0;
      hh = gh; hl = gl; gh = fh; gl = fl; fh = eh; fl = el;
      const lowE = (dl >>> 0) + (t1l >>> 0);
      eh = (dh + t1h + ((lowE / 4294967296) | 0)) | 0; el = lowE | 0;
      dh = ch; dl = cl; ch = bh; cl = bl; bh = ah; bl = al;
      const lowA = (t1l >>> 0) + (t2l >>> 0);
      ah = (t1h + t2h + ((lowA / 4294967296) | 0)) | 0; al = lowA | 0;
    }
    const after = [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl];
    for (let i = 0; i < 16; i += 2) {
      const low = (s[i + 1] >>> 0) + (after[i + 1] >>> 0);
      s[i + 1] = low | 0;
      s[i] = s[i] + after[i] + ((low / 4294967296) | 0);
    }
  }
}
