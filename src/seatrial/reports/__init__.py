"""Records to text for people: numbers, claims, tables; the same words on the page and in the terminal."""
