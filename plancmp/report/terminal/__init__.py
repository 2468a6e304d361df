"""Results on a terminal, by rich: reads at 80 columns and wider, without colour and in a pipe.

Text from plans goes in as Text, never as markup, and parsing has taken control characters out."""
