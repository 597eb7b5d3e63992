/** Text in a picture that does not wrap: cut to what fits, from what a letter of the system's font takes on average. */

const AVERAGE_OF_SIZE = 0.62;

export function fitted(text: string, width: number, fontSize: number): string {
  const letters = Math.floor(width / (fontSize * AVERAGE_OF_SIZE));
  if (text.length <= letters) return text;
  if (letters < 2) return "";
  // Ends of generated names tell them apart: the middle goes.
  const tail = Math.floor((letters - 1) / 2);
  return `${text.slice(0, letters - 1 - tail)}…${tail === 0 ? "" : text.slice(-tail)}`;
}

export function widthOf(text: string, fontSize: number): number {
  return text.length * fontSize * AVERAGE_OF_SIZE;
}
