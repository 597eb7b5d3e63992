/** A check: one sentence that should hold of what was gathered, and what is found where it does not. Pure. */
import { type Chain, printable, walk } from "../why/link.ts";
import { type Hidden, isHidden, type Seen } from "../why/seen.ts";

/** warning: it works, or nobody may say. failed: something will not. */
export type Finding =
  | { readonly result: "ok"; readonly found?: string }
  | { readonly result: "warning" | "failed"; readonly found: string; readonly hint: string };

export interface Check<F> {
  /** What holds when all is well. */
  readonly says: string;
  /** Undefined: there is nothing to look at. */
  readonly look: (facts: F) => Finding | undefined;
}

export interface Category<F> {
  readonly name: string;
  readonly checks: readonly Check<F>[];
}

export interface CheckResult {
  readonly says: string;
  readonly finding: Finding;
}

export interface CategoryResult {
  readonly name: string;
  /** Of which cluster; undefined: of both. */
  readonly cluster: string | undefined;
  readonly checks: readonly CheckResult[];
}

export const ok = (found?: string): Finding => ({
  result: "ok",
  ...(found !== undefined && { found: printable(found) }),
});

export const warning = (found: string, hint: string): Finding => wrong("warning", found, hint);

export const failed = (found: string, hint: string): Finding => wrong("failed", found, hint);

function wrong(result: "warning" | "failed", found: string, hint: string): Finding {
  return { result, found: printable(found), hint: printable(hint) };
}

const RIGHTS_HINT = "ask as somebody who may read it, such as an administrator";

function unseen({ hidden }: Hidden): Finding {
  return warning(`it could not be asked: ${hidden}`, RIGHTS_HINT);
}

/** What nobody could see is neither right nor wrong. */
export function seen<T>(fact: Seen<T>, judge: (fact: T) => Finding | undefined): Finding | undefined {
  return isHidden(fact) ? unseen(fact) : judge(fact);
}

/** As `seen`, of two. */
export function both<A, B>(a: Seen<A>, b: Seen<B>, judge: (a: A, b: B) => Finding | undefined): Finding | undefined {
  return seen(a, (first) => seen(b, (second) => judge(first, second)));
}

/** What is in the way, one by one; `ok` where nothing is. */
export function none(problems: readonly string[], hint: string, found?: string): Finding {
  return problems.length === 0 ? ok(found) : failed(problems.join("; "), hint);
}

/** As `liqoctl why` walks it. What nobody could see on the way does not matter where the end of it is well. */
export function holds(chain: Chain): Finding | undefined {
  const links = walk(chain);
  const end = links.at(-1);
  if (end === undefined) return undefined;
  const { state, says, hint = "liqoctl why foreigncluster/<id> says more" } = end;
  if (state === "ok") return ok(links.flatMap((link) => (link.state === "ok" ? [link.says] : [])).join("; "));
  return state === "broken" ? failed(says, hint) : warning(says, hint);
}

export function run<F>({ name, checks }: Category<F>, cluster: string | undefined, facts: F): CategoryResult {
  return {
    name,
    cluster,
    checks: checks.flatMap(({ says, look }) => {
      const finding = look(facts);
      return finding === undefined ? [] : [{ says, finding }];
    }),
  };
}
