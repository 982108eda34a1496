/** That this device earned the verdict: kept beside the way back (`keep`) in this tab, or only in memory. */
export function proofs(keep: string | undefined): { value: string } {
  const key = keep ? `${keep}.proof` : null;
  let held = "";
  return {
    get value() {
      try {
        return (key && sessionStorage.getItem(key)) || held;
      } catch {
        // Without storage a reload passes the gate anew.
        return held;
      }
    },
    set value(proof: string) {
      held = proof;
      try {
        if (key) sessionStorage.setItem(key, proof);
      } catch {
        // As above.
      }
    },
  };
}
