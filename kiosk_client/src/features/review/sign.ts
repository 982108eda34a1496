import type { SignMinutesCommand } from "../../protocol/messages.ts";
import { type Statement, statement } from "../../state/review.ts";

const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (one) => one.toString(16).padStart(2, "0")).join("");

export async function sha256(data: BufferSource): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", data));
}

/** Signs a text with a key made for this once. It cannot be exported, and is gone when this function is left. */
export async function p256(text: string): Promise<{ signature: string; public_key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
  const bytes = new TextEncoder().encode(text);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, bytes);
  return { signature: hex(signature), public_key: hex(await crypto.subtle.exportKey("spki", keys.publicKey)) };
}

/** The command that signs the minutes. */
export async function signed(said: Statement): Promise<SignMinutesCommand> {
  const { minutes_sha256, image_sha256, verdict, signed_utc_ms } = said;
  return {
    do: "minutes_sign",
    minutes_sha256,
    image_sha256,
    verdict,
    signed_utc_ms,
    ...(await p256(statement(said))),
  };
}
