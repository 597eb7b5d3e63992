/**
 * What a move needs next, by what is there: a run that was interrupted, at whatever moment, goes on where it was. There is
 * always one whole copy: the volume itself until the repository is verified, the repository until the new volume is.
 */
export interface MoveSeen {
  readonly claim: ClaimState | undefined;
  readonly move: MoveState | undefined;
  readonly targetNode: string;
}

export interface ClaimState {
  readonly uid: string;
  readonly isEnding: boolean;
  /** Whether its volume can be reached on the target node. */
  readonly isAtTarget: boolean;
  /** Whether the copy has been restored into it. */
  readonly isRestored: boolean;
}

/** What the Secret of the move says. */
export interface MoveState {
  /** Of the claim that is copied. */
  readonly sourceUid: string;
  readonly targetNode: string;
  /** Whether the repository has all of it, verified. */
  readonly isCopied: boolean;
}

export type MovePlan =
  | { readonly do: "copy"; readonly isAnew: boolean }
  /** Remove the claim, if it is still there, and make it at the target. */
  | { readonly do: "recreate" }
  | { readonly do: "restore" }
  | { readonly do: "finish" }
  | { readonly do: "nothing" }
  | { readonly do: "refuse"; readonly reason: "missing" | "ending" | "other target" };

export function planMove({ claim, move, targetNode }: MoveSeen): MovePlan {
  if (move === undefined || (!move.isCopied && move.sourceUid !== claim?.uid)) return begin(claim, move);
  const isSource = claim?.uid === move.sourceUid;
  if (isSource && !claim.isEnding) {
    if (claim.isAtTarget) return { do: "finish" };
    // Also when it was copied before: somebody may have written since.
    return { do: "copy", isAnew: false };
  }
  if (!move.isCopied) return { do: "refuse", reason: "ending" };
  if (move.targetNode !== targetNode) return { do: "refuse", reason: "other target" };
  if (claim === undefined || isSource) return { do: "recreate" };
  if (claim.isRestored) return { do: "finish" };
  return claim.isEnding ? { do: "refuse", reason: "ending" } : { do: "restore" };
}

/** Nothing is in a repository that is still of use. */
function begin(claim: ClaimState | undefined, move: MoveState | undefined): MovePlan {
  if (claim === undefined) return { do: "refuse", reason: "missing" };
  if (claim.isEnding) return { do: "refuse", reason: "ending" };
  if (claim.isAtTarget) return { do: move === undefined ? "nothing" : "finish" };
  return { do: "copy", isAnew: true };
}
