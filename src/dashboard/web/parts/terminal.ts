/** A terminal: xterm.js, which is loaded with the first shell and not before. */
import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import { allowStyles } from "./allowed-styles.ts";

export interface TerminalHandlers {
  readonly typed: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly sized: (columns: number, rows: number) => void;
  /** By the keyboard. */
  readonly left: () => void;
}

export interface OpenTerminal {
  readonly show: (bytes: Uint8Array, drawn: () => void) => void;
  readonly focus: () => void;
  /** Whether it tells a screen reader what is drawn, which makes it slower. */
  readonly read: (aloud: boolean) => void;
  /** The colours of the page have changed. */
  readonly recolour: () => void;
  /** Nothing can be typed any more. */
  readonly end: () => void;
  readonly close: () => void;
}

const LINES = 5_000;
/** WCAG AA, whatever colours a program takes. */
const CONTRAST = 4.5;

/** Fills `parent`, whose font and colours it takes. */
export function openTerminal(parent: HTMLElement, { typed, sized, left }: TerminalHandlers): OpenTerminal {
  const forbidStyles = allowStyles(parent.ownerDocument);
  const { fontFamily, fontSize } = getComputedStyle(parent);
  const terminal = new Terminal({
    ...{ fontFamily, fontSize: Number.parseFloat(fontSize), theme: themeOf(parent) },
    ...{ scrollback: LINES, minimumContrastRatio: CONTRAST, cursorBlink: false },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  const encoder = new TextEncoder();
  terminal.onData((text) => typed(encoder.encode(text)));
  // What no text can say, such as where the mouse is.
  terminal.onBinary((text) => typed(Uint8Array.from(text, (byte) => byte.charCodeAt(0))));
  terminal.onResize(({ cols, rows }) => sized(cols, rows));
  terminal.attachCustomKeyEventHandler((event) => {
    if (!(event.ctrlKey && event.shiftKey) || event.code !== "KeyX") return true;
    event.preventDefault();
    if (event.type === "keydown") left();
    return false;
  });
  terminal.open(parent);
  fit.fit();
  sized(terminal.cols, terminal.rows);
  const resize = new ResizeObserver(() => fit.fit());
  resize.observe(parent);
  const recolour = (): void => {
    terminal.options.theme = themeOf(parent);
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", recolour);
  return {
    show: (bytes, drawn) => terminal.write(bytes, drawn),
    focus: () => terminal.focus(),
    read: (aloud) => {
      terminal.options.screenReaderMode = aloud;
    },
    recolour,
    end: () => {
      terminal.options.disableStdin = true;
      terminal.options.cursorInactiveStyle = "none";
    },
    close: () => {
      dark.removeEventListener("change", recolour);
      resize.disconnect();
      terminal.dispose();
      forbidStyles();
    },
  };
}

function themeOf(parent: HTMLElement): ITheme {
  const { color, backgroundColor } = getComputedStyle(parent);
  return { foreground: color, background: backgroundColor, cursor: color, cursorAccent: backgroundColor };
}
