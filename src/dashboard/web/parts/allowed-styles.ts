/**
 * xterm.js makes <style> elements, and sets the attribute `style` of cells with colours of their own. The policy of the page
 * refuses both, as what could have been put into its text. Sheets and properties that a script makes it allows: they take
 * their places until the returned function is called. https://github.com/xtermjs/xterm.js/issues/4445
 */
export function allowStyles(page: Document): () => void {
  const sheets: CSSStyleSheet[] = [];
  const make = Document.prototype.createElement.bind(page);
  const makeSheet = (): HTMLElement => {
    const sheet = new CSSStyleSheet();
    sheets.push(sheet);
    page.adoptedStyleSheets.push(sheet);
    // An element that nothing is drawn of.
    return Object.defineProperty(make("meta"), "textContent", { set: (text: string) => sheet.replaceSync(text) });
  };
  const makeCell = (): HTMLElement => Object.assign(make("span"), { setAttribute });
  page.createElement = (name: string, options?: ElementCreationOptions): HTMLElement => {
    if (name === "style") return makeSheet();
    return name === "span" ? makeCell() : make(name, options);
  };
  return () => {
    // The prototype's is seen again.
    Reflect.deleteProperty(page, "createElement");
    page.adoptedStyleSheets = page.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
  };
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
