/** At most five products of the catalogue that are not there already, in random order. */
const MOST = 5;

export function recommend(catalogue: readonly string[], present: readonly string[], random: () => number): string[] {
  const candidates = catalogue.filter((id) => !present.includes(id));
  for (let i = candidates.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [candidates[i] ?? "", candidates[j] ?? ""];
    candidates[i] = b;
    candidates[j] = a;
  }
  return candidates.slice(0, MOST);
}
