/** Judge console, clerk's workplace, court display, sign-in. */
export const court = {} as const;
