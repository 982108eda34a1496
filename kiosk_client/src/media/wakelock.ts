/** Keeps the screen on while it is wanted; browsers let go of the lock in the background, so it is taken again. */
export function keepAwake(): () => void {
  let sentinel: WakeLockSentinel | null = null;
  let wanted = true;
  const take = async () => {
    if (!wanted || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      sentinel = await navigator.wakeLock.request("screen");
      if (!wanted) await sentinel.release();
    } catch {
      // Refused on low battery; the hearing goes on, only the screen may darken.
      sentinel = null;
    }
  };
  const visible = () => void take();
  document.addEventListener("visibilitychange", visible);
  void take();
  return () => {
    wanted = false;
    document.removeEventListener("visibilitychange", visible);
    void sentinel?.release();
  };
}
