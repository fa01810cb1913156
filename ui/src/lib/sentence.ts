/** Sentences of the core hold times as RFC 3339 in UTC; a person reads local ones. */
const TIME = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)/;

export interface Part {
  text: string;
  time: boolean;
}

export const partsOf = (sentence: string): Part[] =>
  sentence
    .split(TIME)
    .map((text, i) => ({ text, time: i % 2 === 1 }))
    .filter((part) => part.text !== '');
