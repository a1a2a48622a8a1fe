"""Hydra's plug-ins of spectral_exp: how a sweep's jobs are chosen, and how they are run.

Hydra looks for plug-ins in this namespace only, in modules without a leading underscore, and every Hydra program of the
environment imports what is in them. So nothing of spectral_exp is imported before a plug-in is used, and no option is
added to anybody's configs: those that name these classes are in our own `conf/hydra/`.
"""
