/** The page and all its files are kept on this device; false where the browser does not, or must not. */
export async function keepOffline(): Promise<boolean> {
  try {
    await navigator.serviceWorker.register("/verify-offline.js", { scope: "/verify" });
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    // No service workers (an old or private browser), or a certificate that it does not trust: works while it is open.
    return false;
  }
}
