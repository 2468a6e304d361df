"""plancmp: what became of every commitment of a government plan in the next plan."""
__version__ = "0.1.0"
