"""Records and cases: what a protocol's numbers must have been for states to have done what they did."""

from foedus.history.cases import Cases as Cases
from foedus.history.cases import read_cases as read_cases
from foedus.history.estimate import Fit as Fit
from foedus.history.estimate import fit as fit
from foedus.history.nonnested import clarke as clarke
from foedus.history.nonnested import vuong as vuong
from foedus.history.ultimatum import fit_ultimatum as fit_ultimatum
