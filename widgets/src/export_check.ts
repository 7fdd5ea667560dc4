// Whether the NumPy code shown is right: the kernel runs it beside the engine and says what it saw.

import type { Channel } from "./channel";
import { h, setAttributes, setText } from "./dom";

type State = "checking" | "equal" | "different" | "random" | "failed";

interface CheckPart {
  state?: State;
  text?: string;
  version?: number;
}

const MARKS: Record<State, string> = { checking: "…", equal: "✓", different: "✗", random: "≈", failed: "?" };

export class ExportCheck {
  readonly element: HTMLElement;
  private readonly mark = h("span", { class: "wb-export-mark", "aria-hidden": "true" });
  private readonly words = h("span", {});
  private asked: number | undefined;

  constructor(private readonly channel: Channel) {
    this.element = h("p", { class: "wb-export-check", role: "status", hidden: true }, this.mark, this.words);
  }

  /** The reader has chosen the NumPy code: what failed before is tried once more. */
  again(): void {
    this.asked = undefined;
  }

  /** Show what is known of this version of the program; where nothing is, ask. */
  show(wanted: boolean, version: number): void {
    this.element.hidden = !wanted;
    if (!wanted) return;
    const { link } = this.channel;
    const part = this.channel.part("check") as CheckPart;
    // What was said of another version no longer stands.
    const { state, text = "" }: CheckPart = part.version === version ? part : {};
    if ((!state || state === "failed") && this.asked !== version && (link === "live" || link === "waiting")) {
      this.asked = version;
      this.channel.send("check", { version });
    }
    const [shown, words] = said(state, text, link === "none");
    setAttributes(this.element, { "data-state": shown });
    setText(this.mark, MARKS[shown]);
    setText(this.words, words);
  }
}

function said(state: State | undefined, text: string, alone: boolean): [State, string] {
  if (!state || state === "checking") {
    if (alone) return ["failed", "not compared with the engine yet; run the cell to do so"];
    return ["checking", `being compared with the engine …${text && ` compiling ${text}`}`];
  }
  return [state, state === "failed" ? `could not be compared with the engine: ${text}` : text];
}
