import { forgetPreferences } from "../../state/preferences.ts";

/** Clears what the person before could have left in this browser: storage, caches, preferences. Media is stopped by its owners. */
export async function wipe(): Promise<void> {
  forgetPreferences();
  try {
    sessionStorage.clear();
    localStorage.clear();
  } catch {
    // Storage is forbidden here, so nothing was kept.
  }
  if ("caches" in window) {
    for (const name of await caches.keys()) await caches.delete(name);
  }
  const databases = (await indexedDB.databases?.()) ?? [];
  for (const { name } of databases) if (name) indexedDB.deleteDatabase(name);
}
