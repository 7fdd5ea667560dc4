// The drawn graph as a file: SVG that needs no style sheet.

const STYLES = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
];
const LEFT_OUT = ["class", "tabindex", "role", "aria-selected", "aria-hidden"];

/** The text of an SVG file with all styles written into its elements. */
export function standalone(svg: SVGSVGElement, background: string, name: string): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const from = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
    const style = getComputedStyle(from[i]!);
    if (["path", "text", "g"].includes(element.localName)) {
      for (const property of STYLES) {
        const value = style.getPropertyValue(property);
        if (value) element.setAttribute(property, value);
      }
    }
    for (const attribute of LEFT_OUT) element.removeAttribute(attribute);
    for (const { name: attribute } of [...element.attributes]) {
      if (attribute.startsWith("data-")) element.removeAttribute(attribute);
    }
  });
  for (const unseen of copy.querySelectorAll('[stroke="rgba(0, 0, 0, 0)"], [stroke="transparent"]')) unseen.remove();
  const [, , width, height] = (svg.getAttribute("viewBox") ?? "0 0 0 0").split(" ");
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width ?? "0");
  copy.setAttribute("height", height ?? "0");
  copy.removeAttribute("style");
  copy.setAttribute("role", "img");
  copy.setAttribute("aria-label", name);
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  paper.setAttribute("width", "100%");
  paper.setAttribute("height", "100%");
  paper.setAttribute("fill", background);
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

export function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
