/** The one flag of the program itself. */
export const SKIP_CONFIRM = "do not ask before what cannot be undone";
