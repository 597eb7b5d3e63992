/** A table that scrolls inside itself where it is too wide. */
import type { ComponentChildren } from "preact";

export interface Row {
  readonly key: string;
  readonly cells: readonly ComponentChildren[];
}

export function Table({
  caption,
  head,
  rows,
  none,
}: {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly Row[];
  readonly none: string;
}) {
  if (rows.length === 0) return <p class="empty">{none}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    <section class="scroll" aria-label={`Table of ${caption.toLowerCase()}`} tabIndex={0}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => (
                <td key={head[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
