/** The head of an object's page: what it is, how it is, where it lies, what can be done. */
import type { ComponentChildren } from "preact";
import type { Health, Item } from "../../model/items.ts";
import { kindWords, nameOf } from "../state/words.ts";
import { Actions } from "./actions.tsx";
import { HealthWord } from "./health.tsx";

export function Title(props: {
  readonly item: Item;
  readonly name?: string;
  readonly health?: Health;
  readonly word?: string | undefined;
  readonly children?: ComponentChildren;
}) {
  const { item, name, health, word, children } = props;
  return (
    <div class="title">
      <p class="kind">{kindWords(item)}</p>
      <h1 tabIndex={-1}>{name ?? nameOf(item)}</h1>
      {health !== undefined && <HealthWord health={health} word={word} />}
      <Actions item={item} />
      {children !== undefined && <p class="lead">{children}</p>}
    </div>
  );
}
