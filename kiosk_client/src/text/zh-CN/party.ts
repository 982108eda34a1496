/** Doors, join, kiosk, observer. */
export const party = {} as const;
