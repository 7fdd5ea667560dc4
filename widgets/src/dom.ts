// Small helpers to build DOM without a framework.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined>;

/** Create an element; `class` and other attributes by name, false or null left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

export function setAttributes(element: Element, attributes: Attributes): void {
  for (const name in attributes) {
    const value = attributes[name];
    if (value === null || value === undefined || value === false) {
      element.removeAttribute(name);
    } else {
      const text = value === true ? "" : String(value);
      // Browsers find the styles of an element anew even where nothing changes.
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** Set text only when it changes, so that a screen reader is told of changes only. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const KEEPS_KEYS = "data-lm-suppress-shortcuts";

/** Keep what is typed in a panel from the host's shortcuts, but for saving and the palette.
 *
 * JupyterLab looks at the focused element before anything around it, so the mark must
 * stand there too. Others, such as Ctrl+C and Ctrl+X, would copy or cut the whole cell.
 */
export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  root.setAttribute(KEEPS_KEYS, "true");
  root.addEventListener("focusin", (event) => (event.target as Element).setAttribute(KEEPS_KEYS, "true"), { signal });
  // Before the host looks, which is at the document.
  window.addEventListener("keydown", (event) => isForHost(event) && unmark(root, event.target as Element), { signal, capture: true });
}

/** Ctrl+S and Ctrl+Shift+S save, Ctrl+Shift+C opens the palette of commands. */
function isForHost({ ctrlKey, metaKey, altKey, shiftKey, key }: KeyboardEvent): boolean {
  const letter = key.toLowerCase();
  return (ctrlKey || metaKey) && !altKey && (letter === "s" || (letter === "c" && shiftKey));
}

/** Take the marks off until the event has passed. */
function unmark(root: HTMLElement, target: Element): void {
  if (!root.contains(target)) return;
  const marked: Element[] = [];
  for (let at: Element | null = target; at && root.contains(at); at = at.parentElement) if (at.hasAttribute(KEEPS_KEYS)) marked.push(at);
  for (const element of marked) element.removeAttribute(KEEPS_KEYS);
  setTimeout(() => marked.forEach((element) => element.setAttribute(KEEPS_KEYS, "true")));
}

const ICONS = {
  ready: '<circle cx="8" cy="8" r="5.25" fill="none" stroke="currentColor" stroke-width="1.5"/>',
  preparing:
    '<path d="M8 2.75a5.25 5.25 0 1 1-5.25 5.25" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>',
  running: '<path d="M4.5 2.9v10.2L13 8z"/>',
  pausing:
    '<path d="M3.75 3.75h2v8.5h-2zM10.25 3.75h2v8.5h-2z" fill="none" stroke="currentColor" stroke-width="1.5"/>',
  paused: '<path d="M4 3h2.8v10H4zM9.2 3H12v10H9.2z"/>',
  stopping:
    '<rect x="3.75" y="3.75" width="8.5" height="8.5" fill="none" stroke="currentColor" stroke-width="1.5"/>',
  stopped: '<rect x="3.5" y="3.5" width="9" height="9" rx=".5"/>',
  finished:
    '<path d="M3 8.6l3.4 3.5L13 4.6" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>',
  failed:
    '<path d="M4 4l8 8M12 4l-8 8" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>',
  step: '<path d="M3 2.9v10.2L10 8zM11 3h2v10h-2z"/>',
  back: '<path d="M12 2.9v10.2L5 8zM4 3h1.8v10H4z" transform="translate(-.5)"/>',
  "example-back": '<path d="M8.2 2.9v10.2L2.6 8zM14 2.9v10.2L8.4 8zM1.2 3h1.6v10H1.2z"/>',
  "example-on": '<path d="M7.8 2.9v10.2L13.4 8zM2 2.9v10.2L7.6 8zM13.2 3h1.6v10h-1.6z"/>',
  warning:
    '<path d="M8 1.8L15 14H1z" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linejoin="round"/><path d="M8 6v4M8 11.4v1.2" stroke="currentColor" stroke-width="1.5"/>',
} as const;

export type IconName = keyof typeof ICONS;

/** A button that shows an icon; disabled by `aria-disabled`, so that it keeps the focus. */
export function iconButton(key: string, name: IconName, label: string, action: () => void, signal: AbortSignal): HTMLButtonElement {
  const button = h("button", { type: "button", class: "wb-button wb-icon-button", title: label, "aria-label": label, "data-key": key }, icon(name));
  const act = () => {
    if (button.getAttribute("aria-disabled") !== "true") action();
  };
  button.addEventListener("click", act, { signal });
  return button;
}

/** Return what has `act` called in the next frame, however often it is called itself. */
export function inNextFrame(act: () => void, signal: AbortSignal): () => void {
  let pending = 0;
  signal.addEventListener("abort", () => cancelAnimationFrame(pending));
  return () => {
    pending ||= requestAnimationFrame(() => {
      pending = 0;
      act();
    });
  };
}

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  setAttributes(svg, {
    viewBox: "0 0 16 16",
    class: `wb-icon wb-icon-${name}`,
    "aria-hidden": "true",
    fill: "currentColor",
  });
  svg.innerHTML = ICONS[name];
  return svg;
}
