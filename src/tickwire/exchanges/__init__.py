"""Exchange adapters: one folder for each venue, pure translation and nothing else."""
