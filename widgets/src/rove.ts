// One stop of the Tab key for many small things: arrow keys move among them.

/** Make what `selector` finds in `container` reachable; call the result after each change. */
export function rove(container: HTMLElement, selector: string, signal: AbortSignal): () => void {
  let current: HTMLElement | undefined;
  const visible = () =>
    [...container.querySelectorAll<HTMLElement>(selector)].filter((item) => !item.closest("[hidden]"));

  const mark = (item: HTMLElement | undefined) => {
    if (current) current.tabIndex = -1;
    current = item;
    if (current) current.tabIndex = 0;
  };
  container.addEventListener(
    "focusin",
    (event) => {
      const item = (event.target as Element).closest<HTMLElement>(selector);
      if (item) mark(item);
    },
    { signal },
  );
  container.addEventListener(
    "keydown",
    (event) => {
      const from = (event.target as Element).closest<HTMLElement>(selector);
      if (!from || event.ctrlKey || event.metaKey || event.altKey) return;
      const to = target(event.key, from, visible());
      if (!to) return;
      event.preventDefault();
      event.stopPropagation();
      to.focus();
    },
    { signal },
  );
  return () => {
    const items = visible();
    const stop = current && items.includes(current) ? current : items[0];
    for (const item of items) if (item !== stop && item.getAttribute("tabindex") !== "-1") item.tabIndex = -1;
    if (stop !== current || stop?.tabIndex !== 0) mark(stop);
  };
}

function target(key: string, from: HTMLElement, items: HTMLElement[]): HTMLElement | undefined {
  const at = items.indexOf(from);
  if (key === "ArrowRight") return items[at + 1];
  if (key === "ArrowLeft") return items[at - 1];
  if (key === "Home") return items[0];
  if (key === "End") return items.at(-1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const row = (item: HTMLElement) => item.closest("[data-row]");
  const way = key === "ArrowDown" ? 1 : -1;
  let i = at + way;
  while (items[i] && row(items[i]!) === row(from)) i += way;
  const found = items[i];
  if (!found || way > 0) return found;
  return items.find((item) => row(item) === row(found));
}
