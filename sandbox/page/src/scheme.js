import { useSyncExternalStore } from "react";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const watch = (tell) => {
  dark.addEventListener("change", tell);
  return () => dark.removeEventListener("change", tell);
};

/** "dark" or "light", as the person asks their system for. */
export const useScheme = () => useSyncExternalStore(watch, () => (dark.matches ? "dark" : "light"));
