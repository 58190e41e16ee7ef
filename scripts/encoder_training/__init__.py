"""The steps behind ``train_encoder.py``: corpus -> vocabulary -> teacher vectors -> training -> model folder."""
