"""Programs made with the library: ordinary users of its public names."""
