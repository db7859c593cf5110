// A text, or its two forms where a number {n} decides. Chinese has one form for all numbers.
export type Message = string | { one: string; other: string };

// The keys of a part, for the other languages to have.
export type Same<T> = Record<keyof T, Message>;
