"""Random streams, designs and correlated priors: what an ensemble draws."""
