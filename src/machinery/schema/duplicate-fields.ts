/**
 * Finds fields that a JSON text names twice in one object: JSON.parse keeps the last and says nothing.
 * The text is known to be valid JSON. Kubernetes: sigs.k8s.io/json, UnmarshalStrict
 */

/** Paths of the duplicates (`spec.replicas`, `spec.ports[0].port`), each once. */
export function findDuplicateFields(text: string): string[] {
  const found = new Set<string>();
  const scan = new Scanner(text);
  scan.value("", found);
  return [...found];
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(path: string, found: Set<string>): void {
    this.#space();
    const char = this.#text[this.#at];
    if (char === "{") this.#object(path, found);
    else if (char === "[") this.#array(path, found);
    else if (char === '"') this.#string();
    else this.#literal();
  }

  #object(path: string, found: Set<string>): void {
    const seen = new Set<string>();
    this.#at++;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') break;
      const name = this.#string();
      const child = path === "" ? name : `${path}.${name}`;
      if (seen.has(name)) found.add(child);
      seen.add(name);
      this.#space();
      this.#at++;
      this.value(child, found);
      this.#space();
      if (this.#text[this.#at] !== ",") break;
      this.#at++;
    }
    this.#at++;
  }

  #array(path: string, found: Set<string>): void {
    this.#at++;
    for (let index = 0; ; index++) {
      this.#space();
      if (this.#text[this.#at] === "]") break;
      this.value(`${path}[${index}]`, found);
      this.#space();
      if (this.#text[this.#at] !== ",") break;
      this.#at++;
    }
    this.#at++;
  }

  #string(): string {
    const start = this.#at++;
    let escaped = false;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 92) {
        escaped = true;
        this.#at++;
      } else if (code === 34 || Number.isNaN(code)) break;
      this.#at++;
    }
    this.#at++;
    const raw = this.#text.slice(start + 1, this.#at - 1);
    return escaped ? String(JSON.parse(`"${raw}"`)) : raw;
  }

  #literal(): void {
    while (this.#at < this.#text.length && !",]} \n\r\t".includes(this.#text[this.#at] ?? ",")) this.#at++;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }
}
