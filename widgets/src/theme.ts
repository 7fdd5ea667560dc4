// Colours for the canvas, read from the style sheet, and again when the theme changes.

export interface Colours {
  text: string;
  muted: string;
  grid: string;
  surface: string;
  best: string;
  population: string;
  bad: string;
}

export function colours(element: Element): Colours {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(`--wb-${name}`).trim() || "gray";
  return {
    text: read("text"),
    muted: read("muted"),
    grid: read("grid"),
    surface: read("surface"),
    best: read("best"),
    population: read("population"),
    bad: read("bad"),
  };
}

const SETTLE_MS = 300;

/** Mark the root light or dark by what stands behind it, now and at each change. */
export function followTheme(root: HTMLElement, signal: AbortSignal, changed: () => void): void {
  let settling: ReturnType<typeof setTimeout> | undefined;
  const apply = () => {
    root.dataset.wbTheme = isDark() ? "dark" : "light";
    changed();
    // A host may name its theme before the theme's colours are there.
    clearTimeout(settling);
    settling = setTimeout(changed, SETTLE_MS);
  };
  const observer = new MutationObserver(apply);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind", "data-theme", "class"],
  });
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", apply, { signal });
  signal.addEventListener("abort", () => {
    observer.disconnect();
    clearTimeout(settling);
  });
  apply();
}

function isDark(): boolean {
  const { jpThemeLight, vscodeThemeKind, theme } = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false";
  if (vscodeThemeKind !== undefined) return !vscodeThemeKind.includes("light");
  if (theme === "dark" || theme === "light") return theme === "dark"; // marimo
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}
