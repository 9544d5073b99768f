//! Links between documents.
